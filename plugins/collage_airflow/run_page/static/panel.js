// A panel on Airflow's home page: Airflow imports this module, takes the function from `globalThis`
// by the name that the plugin gives it, and renders it with its own React.
const pages = new URL("../", import.meta.url).href;

globalThis["Cover collages"] = () => {
  const { createElement, useEffect, useState } = globalThis.React;
  const [html, setHtml] = useState("");
  useEffect(() => {
    let isShown = true;
    const load = async () => {
      const answer = await fetch(`${pages}panel`, { headers: { Accept: "text/html" } });
      // Without rights, or while something is wrong, home stays as Airflow has made it.
      if (answer.ok && isShown) setHtml(await answer.text());
    };
    load().catch(() => undefined);
    const timer = setInterval(() => load().catch(() => undefined), 30_000);
    return () => {
      isShown = false;
      clearInterval(timer);
    };
  }, []);
  return createElement("section", {
    "aria-label": "Cover collages",
    className: "cover-collages-panel",
    // The server has escaped every name in it.
    dangerouslySetInnerHTML: { __html: html },
  });
};
