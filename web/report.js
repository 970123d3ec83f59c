// Tables that sort and search. Without this script the page is complete, only still.
'use strict';

for (const table of document.querySelectorAll('table.live')) {
  const body = table.tBodies[0];
  const headers = [...table.tHead.rows[0].cells];
  const tools = table.closest('.card').querySelector('.tools');

  const cellValue = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value);
  };

  const compare = (a, b) => (typeof a === 'number' ? a - b : a.localeCompare(b));

  const sort = (header, column) => {
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
  };

  headers.forEach((header, column) => {
    header.querySelector('button')?.addEventListener('click', () => sort(header, column));
  });

  if (!tools) continue;
  tools.hidden = false;
  const [input, output] = [tools.querySelector('input'), tools.querySelector('output')];
  input.addEventListener('input', () => {
    const wanted = input.value.trim().toLowerCase();
    let shown = 0;
    for (const row of body.rows) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
      if (!row.hidden) shown++;
    }
    output.value = wanted === '' ? '' : `${shown} of ${body.rows.length}`;
  });
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    input.value = '';
    input.dispatchEvent(new Event('input'));
  });
}
