//! Streaming over `.heapsnapshot` JSON.
