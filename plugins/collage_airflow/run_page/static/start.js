"use strict";
// Sends the forms of orders to Airflow's API, as Airflow's own pages do, with the person's cookie.
(() => {
  const value = (field) => {
    if (field.dataset.kind === "flag") return field.checked;
    const text = field.value.trim();
    if (text === "") return undefined;
    if (field.dataset.kind === "number") return Number(text);
    return field.dataset.kind === "date" ? `${text}T00:00:00Z` : text;
  };

  const bodyOf = (form) => {
    const body = JSON.parse(form.dataset.body);
    for (const field of form.querySelectorAll("[data-into]")) {
      const names = field.dataset.into.split(".");
      const last = names.pop();
      const given = value(field);
      if (given !== undefined) names.reduce((place, name) => place[name], body)[last] = given;
    }
    return body;
  };

  // Airflow's refusals are a sentence, or a list of fields with a sentence each.
  const told = async (answer) => {
    if (answer.status === 401) return "You are not logged in any more: load the page again.";
    if (answer.status === 403) return "Airflow does not let you do this.";
    try {
      const { detail } = await answer.json();
      // What comes then is the schema of the field, in Python.
      if (typeof detail === "string") return detail.split(" Failed validating ")[0];
      if (Array.isArray(detail)) return detail.map((one) => one.msg).join("; ");
      return detail.reason ?? detail.message ?? JSON.stringify(detail);
    } catch {
      return `Airflow answered ${answer.status}.`;
    }
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form.order");
    if (!form) return;
    event.preventDefault();
    const button = form.querySelector("button");
    const says = form.querySelector(".answer");
    button.disabled = true;
    says.textContent = "…";
    try {
      const answer = await fetch(form.dataset.to, {
        method: form.dataset.method,
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify(bodyOf(form)),
      });
      if (answer.ok) {
        const made = await answer.json();
        const then = form.dataset.then;
        if (then) location.assign(then.replace("{dag_run_id}", encodeURIComponent(made.dag_run_id ?? "")));
        else location.reload();
        return;
      }
      says.textContent = await told(answer);
    } catch {
      says.textContent = "Airflow does not answer. Try again.";
    }
    button.disabled = false;
  });
})();
