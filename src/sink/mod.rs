//! Where captured bytes go: a bounded pipe between threads, compressors, a digest, files and a
//! bounded queue to an asynchronous reader.
//!
//! Nothing here knows what the bytes mean. Every queue has a stated bound, and every blocking call
//! can be woken from another thread by its control.

mod block_queue;
mod counting;
mod digest;
mod encoder;
mod file;
mod pipe;
mod place;

pub use block_queue::{
    BLOCK_BYTES, BlockControl, BlockReader, BlockWaiter, BlockWriter, block_queue,
};
pub use counting::CountingWriter;
pub use digest::{Digest, DigestWriter};
pub use encoder::{Compression, Encoder};
pub use file::OutputFile;
pub use pipe::{CHUNK_BYTES, Chunk, PipeControl, PipeReader, PipeWriter, Received, pipe};
pub(crate) use place::{Draft, sync_folder};
pub use place::{Naming, Place};
