// What is wrong with the layout of the current page's header: more lines than `maxLines`, anything beyond the viewport, a brand
// that is broken into two lines. What is fixed to the bottom of a phone is no line of the header.
export function headerProblems(page, maxLines) {
  return page.evaluate((maximum) => {
    const header = document.querySelector("header.top");
    if (!header) return [];  // the page at a door is an app of its own
    const problems = [], rows = [];
    const width = document.documentElement.clientWidth;
    const isFixed = (element) => element !== header && (getComputedStyle(element).position === "fixed" || isFixed(element.parentElement));
    const parts = [...header.querySelectorAll(".brand, .search, .links a, .to-basket")].filter((each) => each.checkVisibility());
    for (const part of parts) {
      const box = part.getBoundingClientRect();
      if (box.left < -0.5 || box.right > width + 0.5) problems.push(`${part.textContent.trim()} is at ${box.left} to ${box.right} of ${width}`);
      if (!isFixed(part)) rows.push(box);
    }
    rows.sort((one, other) => one.top - other.top);
    let lines = 0, bottom = -Infinity;
    for (const box of rows) {
      if (box.top >= bottom - 1) lines += 1;
      bottom = Math.max(bottom, box.bottom);
    }
    if (lines > maximum) problems.push(`the header has ${lines} lines`);
    const name = document.createRange();
    name.selectNodeContents(header.querySelector(".brand span"));
    if (name.getClientRects().length !== 1) problems.push("the brand's name is broken into lines");
    return problems;
  }, maxLines);
}
