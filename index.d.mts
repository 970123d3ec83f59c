import * as rsprof from './index.js';

export * from './index.js';
export default rsprof;
