// The better script with sharp: `NODE_PATH=... node sharp_script.cjs COVERS.csv DIR`.
// As `peer.py`: all covers of a creator at once, as many creators under way as there are cores.
// Prints a `Work` (see benchmarks/measure.py) as its last line.
"use strict";

const fs = require("node:fs/promises");
const os = require("node:os");
const path = require("node:path");
const sharp = require("sharp");

const [WIDTH, HEIGHT, ROWS, COLS, QUALITY] = [300, 400, 5, 7, 95];

// Joining takes files, not raw pixels: a TIFF without compression is the one that costs least.
async function cell(url) {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`${url}: HTTP ${response.status}`);
  }
  const body = Buffer.from(await response.arrayBuffer());
  return sharp(body)
    .resize(WIDTH, HEIGHT, { fit: "cover" })
    .tiff({ compression: "none" })
    .toBuffer();
}

// `composite` would blend: it gives the canvas and every cell an alpha channel first.
async function collage(urls, file) {
  const cells = await Promise.all(urls.map(cell));
  await sharp(cells, { join: { across: COLS } })
    // Tables of its own for each collage are smaller and slower, and sharp's default alone.
    .jpeg({ quality: QUALITY, chromaSubsampling: "4:4:4", optimiseCoding: false })
    .toFile(file);
}

async function main(csv, folder) {
  await fs.mkdir(folder, { recursive: true });
  const creators = new Map();
  for (const line of (await fs.readFile(csv, "utf8")).trim().split("\n").slice(1)) {
    const [creator, url] = line.split(",");
    creators.set(creator, [...(creators.get(creator) ?? []), url]);
  }
  const waiting = [...creators].values();
  const work = async () => {
    for (const [creator, urls] of waiting) {
      await collage(urls.slice(0, ROWS * COLS), path.join(folder, `${creator}.jpg`));
    }
  };
  await Promise.all(os.cpus().map(work));
}

const idleMb = (process.resourceUsage().maxRSS * 1024) / 1e6;
const [start, cpuStart] = [performance.now(), process.cpuUsage()];
main(...process.argv.slice(2)).then(() => {
  const cpu = process.cpuUsage(cpuStart);
  const work = {
    seconds: (performance.now() - start) / 1e3,
    cpu_seconds: (cpu.user + cpu.system) / 1e6,
    idle_mb: idleMb,
  };
  console.log(JSON.stringify(work));
});
