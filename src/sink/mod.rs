//! Where bytes go: pipe, encoder, digest, file.
