// What a decoder that was taken over could still do.
#include "apps/pictures/sandbox.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

namespace stagedoor::pictures {
namespace {

// Whether `attempt` fails in a process that has locked itself in.
bool fails(bool (*attempt)()) {
    auto child = ::fork();
    if (child == 0) {
        try {
            limit_resources();
            lock_in();
            ::_exit(attempt() ? 1 : 0);
        } catch (...) {
            ::_exit(2);
        }
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status)) << status;
    EXPECT_NE(WEXITSTATUS(status), 2);
    return WEXITSTATUS(status) == 0;
}

TEST(Sandbox, opens_no_file) {
    EXPECT_TRUE(fails([] { return ::open("/etc/passwd", O_RDONLY) >= 0; }));
    EXPECT_TRUE(fails([] { return ::open("/tmp/stolen", O_WRONLY | O_CREAT, 0600) >= 0; }));
    EXPECT_TRUE(fails([] { return ::open("/proc/self/environ", O_RDONLY) >= 0; }));
}

TEST(Sandbox, reaches_no_network) {
    for (auto attempt : {+[] { return ::socket(AF_INET, SOCK_STREAM, 0) >= 0; },
                         +[] { return ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }})
        EXPECT_TRUE(fails(attempt));
}

TEST(Sandbox, starts_no_process_and_reaches_none) {
    EXPECT_TRUE(fails([] { return ::execl("/bin/true", "true", nullptr) == 0; }));
    EXPECT_TRUE(fails([] { return ::fork() >= 0; }));
    EXPECT_TRUE(fails([] { return ::kill(::getppid(), 0) == 0; }));
}

TEST(Sandbox, gets_no_executable_memory) {
    EXPECT_TRUE(fails([] {
        return ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                      0) != MAP_FAILED;
    }));
}

TEST(Sandbox, still_computes_with_threads_and_memory) {
    EXPECT_FALSE(fails([] {
        std::vector<int> numbers(1'000'000, 1);
        int sum = 0;
        std::thread{[&] {
            for (auto each : numbers) sum += each;
        }}.join();
        return sum == 1'000'000;
    }));
}

// Also those that libraries started before.
TEST(Sandbox, holds_for_threads_that_run_already) {
    auto child = ::fork();
    if (child == 0) {
        std::atomic<bool> locked = false, opened = true;
        std::thread early{[&] {
            locked.wait(false);
            opened = ::open("/etc/passwd", O_RDONLY) >= 0;
        }};
        limit_resources();
        lock_in();
        locked = true;
        locked.notify_all();
        early.join();
        ::_exit(opened ? 1 : 0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace stagedoor::pictures
