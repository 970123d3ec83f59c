/** Requiring it maps the names of the packages that rsprof stands in for to its own. */
export {};
