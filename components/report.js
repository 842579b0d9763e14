"use strict";

// Light or dark: the reader's choice if there is one, else the system's.
function colourMode(button) {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.mode || (system.matches ? "dark" : "light")) === "dark";
  const show = () => button.setAttribute("aria-pressed", isDark());
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.mode = isDark() ? "light" : "dark";
    show();
  });
  system.addEventListener("change", show);
  show();
}

// Tables whose headings sort: numbers from high to low first, words from A; what is missing stays last.
function sortable(table) {
  const headings = [...table.tHead.rows[0].cells];
  const value = (row, column) => row.cells[column].dataset.value;
  const isNumber = (column) => column > 0;

  function sort(column, direction) {
    const rows = [...table.tBodies[0].rows];
    const sign = direction === "ascending" ? 1 : -1;
    const compare = isNumber(column) ? (a, b) => a - b : (a, b) => a.localeCompare(b);
    const known = rows.filter((row) => value(row, column) !== "");
    known.sort((a, b) => sign * compare(value(a, column), value(b, column)) || 0);
    const missing = rows.filter((row) => value(row, column) === "");
    table.tBodies[0].append(...known, ...missing);
    headings.forEach((heading) => heading.removeAttribute("aria-sort"));
    headings[column].setAttribute("aria-sort", direction);
  }

  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const order = isNumber(column) ? ["descending", "ascending"] : ["ascending", "descending"];
      sort(column, heading.getAttribute("aria-sort") === order[0] ? order[1] : order[0]);
    });
  });
}

colourMode(document.getElementById("mode"));
document.querySelectorAll("table.sortable").forEach(sortable);
