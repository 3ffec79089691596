// Runs axe-core over pages on the disk; see axe.sh.
"use strict";
const fs = require("fs");
const path = require("path");
const puppeteer = require("puppeteer-core");
const { source } = require("axe-core");

const [folder, ...names] = process.argv.slice(2);
const pages = names.flatMap((name) =>
  name.endsWith("*.html")
    ? fs.readdirSync(path.join(folder, path.dirname(name))).map((file) => path.join(path.dirname(name), file))
    : [`${name}.html`],
);
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

(async () => {
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"],
  });
  let found = 0;
  const tell = (where, what) => {
    found += 1;
    console.log(`${where}: ${what}`);
  };
  for (const scheme of ["light", "dark"]) {
    for (const width of [320, 1440]) {
      for (const name of pages) {
        const where = `${name}, ${scheme}, ${width}`;
        const page = await browser.newPage();
        page.on("console", (message) => message.type() === "error" && tell(where, message.text()));
        page.on("pageerror", (error) => tell(where, error.message));
        page.on("request", (request) => request.url().startsWith("http") && tell(where, `asks ${request.url()}`));
        await page.setViewport({ width, height: 900 });
        await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
        await page.goto(`file://${path.join(folder, name)}`);
        for (const view of name.includes("posts/") || !(await page.$("#view-month")) ? [""] : ["month", "week", "list"]) {
          if (view) await page.evaluate((id) => document.getElementById(id).click(), `view-${view}`);
          await page.evaluate(() => document.querySelectorAll("details").forEach((element) => (element.open = true)));
          await page.evaluate(source);
          const { violations } = await page.evaluate((tags) => axe.run({ runOnly: tags }), TAGS);
          for (const { id, help, nodes } of violations) {
            tell(`${where} ${view}`, `${id}: ${help}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.any.map((check) => check.message).join("; ").slice(0, 200)}`).join(" | ")}`);
          }
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          if (wide > 0) tell(`${where} ${view}`, `is ${wide} pixels too wide`);
        }
        await page.close();
      }
    }
  }
  await browser.close();
  if (found) process.exit(1);
  console.log(`${pages.length} pages, light and dark, at 320 and 1440 pixels: nothing found`);
})();
