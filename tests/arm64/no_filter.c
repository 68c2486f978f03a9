// QEMU's user-mode emulation has no seccomp, and stagedoor-pictures decodes nothing without it. The filter is still built;
// only loading it is skipped. Resource limits are skipped too, since QEMU itself would exceed them: it writes temporary
// files and uses far more CPU time.
int seccomp_attr_set(void *filter, int attribute, unsigned value) {
    (void)attribute, (void)value;
    return filter ? 0 : -1;
}
int seccomp_load(void *filter) { return filter ? 0 : -1; }
int setrlimit(int resource, const void *limits) {
    (void)resource;
    return limits ? 0 : -1;
}
