//! Giving a descriptor to another process.
#![expect(
    unsafe_code,
    reason = "a number that the kernel gave becomes a descriptor"
)]

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};

/// Sends a byte, and with it a descriptor.
///
/// # Errors
///
/// What the kernel says.
pub(crate) fn send(to: &UnixStream, byte: u8, descriptor: BorrowedFd<'_>) -> io::Result<()> {
    let numbers = [descriptor.as_raw_fd()];
    sendmsg::<()>(
        to.as_raw_fd(),
        &[IoSlice::new(&[byte])],
        &[ControlMessage::ScmRights(&numbers)],
        MsgFlags::MSG_NOSIGNAL,
        None,
    )?;
    Ok(())
}

/// Waits for a byte with a descriptor.
///
/// # Errors
///
/// What the kernel says, or that something else came.
pub(crate) fn receive(from: &UnixStream) -> io::Result<(u8, OwnedFd)> {
    let mut byte = [0];
    let mut pieces = [IoSliceMut::new(&mut byte)];
    let mut space = nix::cmsg_space!(RawFd);
    let message = recvmsg::<()>(
        from.as_raw_fd(),
        &mut pieces,
        Some(&mut space),
        MsgFlags::MSG_CMSG_CLOEXEC,
    )?;
    // There is room for one.
    let number = message.cmsgs()?.find_map(|control| match control {
        ControlMessageOwned::ScmRights(numbers) => numbers.first().copied(),
        _ => None,
    });
    let number = number.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
    // SAFETY: the kernel has just made the descriptor for us, and nobody else knows of it.
    let descriptor = unsafe { OwnedFd::from_raw_fd(number) };
    let [byte] = byte;
    Ok((byte, descriptor))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn what_is_sent_is_the_same_file() {
        let (one, other) = UnixStream::pair().expect("a pair");
        let (mut read, write) = io::pipe().expect("a pipe");
        send(&one, 7, write.as_fd()).expect("it is sent");
        drop(write);
        let (byte, received) = receive(&other).expect("it comes");
        assert_eq!(byte, 7);
        let mut file = std::fs::File::from(received);
        file.write_all(b"x").expect("it is open");
        drop(file);
        let mut text = String::new();
        read.read_to_string(&mut text).expect("it ends");
        assert_eq!(text, "x");
    }

    #[test]
    fn what_comes_without_one_or_not_at_all_is_an_error() {
        let (mut one, other) = UnixStream::pair().expect("a pair");
        one.write_all(b"x").expect("there is room");
        assert!(receive(&other).is_err());
        drop(one);
        assert!(receive(&other).is_err());
    }
}
