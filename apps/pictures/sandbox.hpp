// What the process may still do once it reads a picture: compute, and read and write what it has open.
#pragma once

namespace stagedoor::pictures {

// Closes everything but standard input and output, gives way to other processes, and limits memory, CPU time
// and files. Throws std::runtime_error.
void limit_resources();
// Allows only the system calls that decoding needs: no files, no sockets, no other programs. From here on,
// threads can be started and memory allocated, nothing more. Throws std::runtime_error.
void lock_in();

}  // namespace stagedoor::pictures
