//! One line on standard error, from a thread that must not wait for who reads it.

use std::io::{self, Write};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Characters of a line: in bytes it stays below what a pipe takes at once or not at all (`PIPE_BUF`, 4096).
const MOST_CHARACTERS: usize = 1000;

/// Writes the line, unless nobody reads it: then it is lost. Control characters, which names of functions
/// may hold, become spaces.
pub(super) fn say(text: &str) {
    let line = line(text);
    if takes_a_line() {
        // Closed or full: there is nobody to tell.
        let _lost = io::stderr().lock().write_all(line.as_bytes());
    }
}

fn line(text: &str) -> String {
    let printable = |one: char| if one.is_control() { ' ' } else { one };
    let mut line: String = text.chars().take(MOST_CHARACTERS).map(printable).collect();
    if line.len() < text.len() {
        line.push('…');
    }
    line.push('\n');
    line
}

fn takes_a_line() -> bool {
    let stderr = io::stderr();
    let mut fds = [PollFd::new(&stderr, PollFlags::OUT)];
    let ready = poll(&mut fds, Some(&Timespec::default()));
    ready.is_ok_and(|ready| ready > 0) && fds[0].revents().contains(PollFlags::OUT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_line() {
        assert_eq!(line("a\nb\u{1b}[31mc"), "a b [31mc\n");
        let long = line(&"é".repeat(MOST_CHARACTERS + 1));
        assert!(long.ends_with("é…\n") && long.chars().count() == MOST_CHARACTERS + 2);
    }
}
