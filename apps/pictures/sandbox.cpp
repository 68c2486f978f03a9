#include "apps/pictures/sandbox.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace stagedoor::pictures {
namespace {

// A picture of 50 megapixels with 16 bits per channel takes 400 MB where it can't be decoded in strips.
constexpr rlim_t max_memory = rlim_t{1536} << 20;
constexpr rlim_t max_cpu_seconds = 10;  // of all threads together; 12 megapixels take less than one

void check(bool succeeded, const char* what, int error = errno) {
    if (!succeeded)
        throw std::runtime_error(std::string{what} + ": " + std::generic_category().message(error));
}

void limit(__rlimit_resource_t resource, rlim_t max) {
    rlimit limits{max, max};
    check(::setrlimit(resource, &limits) == 0, "setrlimit");
}

// What the C library, its allocator and threads need.
constexpr int allowed_calls[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(lseek),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(gettid),
    SCMP_SYS(getpid),
    SCMP_SYS(sched_yield),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getrandom),
    SCMP_SYS(sched_getaffinity),
};

}  // namespace

void limit_resources() {
    constexpr int more_than_were_inherited = 1024;
    if (::close_range(3, ~0U, 0) != 0) {  // containers may lack it
        for (int descriptor = 3; descriptor < more_than_were_inherited; ++descriptor) ::close(descriptor);
    }
    // Where memory runs out, the kernel ends this process first (and in Kubernetes the container with it).
    if (auto file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC); file >= 0) {
        (void)!::write(file, "1000", 4);
        ::close(file);
    }
    limit(RLIMIT_AS, max_memory);
    limit(RLIMIT_CPU, max_cpu_seconds);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_CORE, 0);
    ::setpriority(PRIO_PROCESS, 0, 5);  // sales come first
    ::mallopt(M_ARENA_MAX, 2);          // else each thread reserves 64 MB of its own
}

void lock_in() {
    check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "prctl");
    // Other calls fail, rather than end the process: libraries try this and that, and do without.
    std::unique_ptr<void, decltype(&::seccomp_release)> filter{::seccomp_init(SCMP_ACT_ERRNO(EPERM)),
                                                               &::seccomp_release};
    check(filter != nullptr, "seccomp_init");
    // Also for the threads that libraries have started.
    auto synced = ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1);
    check(synced == 0, "seccomp_attr_set", -synced);
    // `conditions`: what the bits of an argument must be.
    auto add = [&](std::uint32_t action, int call, std::vector<scmp_arg_cmp> conditions = {}) {
        auto result = ::seccomp_rule_add_array(filter.get(), action, call,
                                               static_cast<unsigned>(conditions.size()), conditions.data());
        check(result == 0, "seccomp_rule_add", -result);
    };
    for (auto call : allowed_calls) add(SCMP_ACT_ALLOW, call);
    // Memory that isn't a file's and that can't be executed.
    scmp_arg_cmp not_executable{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0};
    scmp_arg_cmp anonymous{3, SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS};
    add(SCMP_ACT_ALLOW, SCMP_SYS(mmap), {not_executable, anonymous});
    add(SCMP_ACT_ALLOW, SCMP_SYS(mprotect), {not_executable});
    // Threads, not processes. clone3, whose flags a filter can't see, is said not to exist: the C library
    // then uses clone.
    add(SCMP_ACT_ALLOW, SCMP_SYS(clone), {{0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD}});
    add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
    auto result = ::seccomp_load(filter.get());
    check(result == 0, "seccomp_load", -result);
}

}  // namespace stagedoor::pictures
