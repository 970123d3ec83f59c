'use strict';

/**
 * Tables that sort and search. Without them a report is complete, only still.
 *
 * @module
 */

function cellValue(row, column) {
  const cell = row.cells[column];
  return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
}

const compare = (a, b) => (typeof a === 'number' ? a - b : a.localeCompare(b));

function sort(body, headers, column) {
  const header = headers[column];
  // Numbers are asked for from the largest down, names from A to Z.
  const first = header.classList.contains('number') ? 'descending' : 'ascending';
  const other = first === 'descending' ? 'ascending' : 'descending';
  const order = header.getAttribute('aria-sort') === first ? other : first;
  for (const one of headers) one.removeAttribute('aria-sort');
  header.setAttribute('aria-sort', order);
  const sign = order === 'ascending' ? 1 : -1;
  const rows = [...body.rows];
  rows.sort((a, b) => sign * compare(cellValue(a, column), cellValue(b, column)));
  body.append(...rows);
}

function search(body, tools, found) {
  const [input, output] = [tools.querySelector('input'), tools.querySelector('output')];
  tools.hidden = false;
  input.addEventListener('input', () => {
    const wanted = input.value.trim().toLowerCase();
    let shown = 0;
    for (const row of body.rows) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
      if (!row.hidden) shown++;
    }
    output.value = wanted === '' ? '' : found(shown, body.rows.length);
  });
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    input.value = '';
    input.dispatchEvent(new Event('input'));
  });
}

/**
 * @param {ParentNode} root what is in it begins to sort and search
 * @param {(shown: number, all: number) => string} [found] how much a search has found
 */
function liveTables(root, found = (shown, all) => `${shown} of ${all}`) {
  for (const table of root.querySelectorAll('table.live')) {
    const [body, headers] = [table.tBodies[0], [...table.tHead.rows[0].cells]];
    headers.forEach((header, column) => {
      header.querySelector('button')?.addEventListener('click', () => sort(body, headers, column));
    });
    const tools = table.closest('.card').querySelector('.tools');
    if (tools) search(body, tools, found);
  }
}

module.exports = { liveTables };
