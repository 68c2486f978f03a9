// Preloaded into stagedoor-pictures: QEMU's user-mode emulation has no filters of system calls (seccomp), without which
// the program decodes nothing. The filter is still made; only what the kernel would have to do is left out. Limits are
// left out, too: the emulator itself would meet them. It writes temporary files, and takes many times the CPU time.
int seccomp_attr_set(void *filter, int attribute, unsigned value) {
    (void)attribute, (void)value;
    return filter ? 0 : -1;
}
int seccomp_load(void *filter) { return filter ? 0 : -1; }
int setrlimit(int resource, const void *limits) {
    (void)resource;
    return limits ? 0 : -1;
}
