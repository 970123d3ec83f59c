// A node:test reporter that prints one line of JSON at the end: how many tests passed, failed and
// were skipped. Suites and the files themselves are no tests; a file that crashes is a failure.

const results = { passed: 0, failed: 0, skipped: 0, failures: [] };

export default async function* count(source) {
  for await (const { type, data } of source) {
    if (type === 'test:pass') onPass(data);
    else if (type === 'test:fail') onFail(data);
  }
  yield `${JSON.stringify(results)}\n`;
}

function onPass(data) {
  if (isFile(data) || data.details?.type === 'suite') return;
  if (data.skip !== undefined || data.todo !== undefined) results.skipped++;
  else results.passed++;
}

function onFail(data) {
  // A parent fails with its children: they are counted, it is not.
  if (data.details?.error?.failureType === 'subtestsFailed') return;
  results.failed++;
  results.failures.push(data.name);
}

function isFile({ name }) {
  return /\.test\.m?js$/.test(name);
}
