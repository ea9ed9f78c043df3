// The better script with sharp: `NODE_PATH=... node sharp_script.cjs COVERS.csv DIR`.
// Like `peer.py`: all covers of a creator at once, as many creators at a time as there are cores.
// Prints a `Work` (see benchmarks/harness/measure.py) as its last line.
"use strict";

const fs = require("node:fs/promises");
const os = require("node:os");
const path = require("node:path");
const sharp = require("sharp");

const [WIDTH, HEIGHT, ROWS, COLS, QUALITY] = [300, 400, 5, 7, 95];

// `join` takes files, not raw pixels, and an uncompressed TIFF is the cheapest of them.
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

// `composite` would blend: it first adds an alpha channel to the canvas and every cell.
async function collage(urls, file) {
  const cells = await Promise.all(urls.map(cell));
  await sharp(cells, { join: { across: COLS } })
    // Optimal Huffman tables are smaller and slower, and only sharp makes them by default.
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
