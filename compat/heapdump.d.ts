/**
 * In the place of `heapdump` 0.3.15. Requiring it has SIGUSR2 write a snapshot (main thread, not on
 * Windows), unless `NODE_HEAPDUMP_OPTIONS` says `nosignal`.
 */

/** Called before `writeSnapshot` returns. */
export type WriteSnapshotCallback = (error: Error | null, filename?: string) => void;

/**
 * Writes a heap snapshot of this thread before it returns; a file that exists is replaced.
 *
 * @param filename relative to the working directory, used as it is; by default
 *   `heapdump-<milliseconds>.<nanoseconds>.heapsnapshot` of a monotonic clock
 * @returns whether it was written; it never throws for a file that cannot be written
 */
export function writeSnapshot(filename?: string, callback?: WriteSnapshotCallback): boolean;
export function writeSnapshot(callback: WriteSnapshotCallback): boolean;
