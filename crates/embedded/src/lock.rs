//! Keeps two living owners off one data directory.
//!
//! The lock belongs to an open file, so the operating system releases it however its holder dies,
//! and the server, which does not inherit the file, cannot keep it.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
    process,
};

use crate::{Error, layout::Layout};

/// The exclusive right to a data directory, held until dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock or names its holder; does not wait.
    pub(crate) fn take(layout: &Layout) -> Result<Self, Error> {
        let path = layout.lock();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(Error::at(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // The holder may not have written yet; its number is a courtesy.
                let pid = file.read_to_string(&mut holder).ok().and_then(|_| holder.trim().parse().ok());
                return Err(Error::Locked { data_dir: layout.root.clone(), pid });
            }
            Err(TryLockError::Error(error)) => return Err(Error::at(&path)(error)),
        }
        file.set_len(0).and_then(|()| writeln!(file, "{}", process::id())).map_err(Error::at(&path))?;
        Ok(Self { _file: file })
    }
}
