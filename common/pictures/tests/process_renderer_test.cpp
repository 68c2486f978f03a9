// Programs that crash, hang and lie, in place of stagedoor-pictures.
#include "common/pictures/process_renderer.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <csignal>
#include <fstream>
#include <thread>

#include "common/errors.hpp"
#include "common/pictures/protocol.hpp"
#include "common/runtime/event_loop_thread.hpp"
#include "common/runtime/temporary_folder.hpp"

namespace stagedoor::pictures {
namespace {

struct ProcessRendererTest : ::testing::Test {
    static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }  // as in our programs
    // Its threads hand results to the loop, which must still be there.
    ~ProcessRendererTest() override {
        if (renderer) renderer->close();
    }

    runtime::TemporaryFolder folder;
    std::unique_ptr<Renderer> renderer;  // outlives the tasks that await it
    runtime::EventLoopThread loop{2};

    std::filesystem::path program(const std::string& script) {
        auto path = folder.path() / "program";
        std::ofstream{path} << "#!/bin/sh\n" << script << "\n";
        EXPECT_EQ(::chmod(path.c_str(), 0700), 0);
        return path;
    }
    std::optional<Rendition> resize(ProcessOptions options, std::string upload = "upload") {
        renderer = make_process_renderer(std::move(options));
        return loop.wait_for(renderer->resize(std::move(upload)));
    }
};

TEST_F(ProcessRendererTest, passes_a_rendition_on) {
    auto rendition = resize(
        {.program = program("cat >/dev/null; printf 'ok 12 8\\n1\\na1\\nb1\\nc1\\nd1\\ne1\\nf1\\ng'")});
    ASSERT_TRUE(rendition.has_value());
    EXPECT_EQ(rendition->width, 12);
    ASSERT_EQ(rendition->files.size(), protocol::picture_files.size());
    EXPECT_EQ(rendition->files.back().name, "preview.jpg");
    EXPECT_EQ(rendition->files.back().bytes, "g");
}

TEST_F(ProcessRendererTest, takes_what_makes_no_sense_for_unreadable) {
    for (const auto* script :
         {"exit 1", "kill -SEGV $$", "cat", "echo ok", "printf 'ok 1 1\\n99\\n'", "printf 'ok 1 -1\\n'",
          "cat >/dev/null; echo refused because", "printf 'ok 1 1\\n0\\n0\\n0\\n0\\n0\\n0\\n0\\nmore'"})
        EXPECT_FALSE(resize({.program = program(script)}).has_value()) << script;
}

TEST_F(ProcessRendererTest, ends_a_process_that_writes_without_end) {
    EXPECT_FALSE(resize({.program = program("yes")}).has_value());
}

TEST_F(ProcessRendererTest, takes_the_refusal_of_a_process_that_does_not_read_to_the_end) {
    EXPECT_FALSE(resize({.program = program("echo refused early")}, std::string(4'000'000, 'x')).has_value());
}

TEST_F(ProcessRendererTest, is_unavailable_when_it_takes_too_long) {
    EXPECT_THROW(
        (void)resize({.program = program("exec sleep 60"), .timeout = std::chrono::milliseconds{50}}),
        Unavailable);
}

TEST_F(ProcessRendererTest, gives_it_nothing_of_our_environment) {
    ::setenv("SECRET_OF_THIS_TEST", "s3cret", 1);
    auto output = folder.path() / "environment";
    (void)resize({.program = program("env >" + output.string())});
    std::ifstream file{output};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    EXPECT_NE(text.find("PWD="), std::string::npos);
    EXPECT_EQ(text.find("s3cret"), std::string::npos);
}

TEST_F(ProcessRendererTest, refuses_more_than_may_wait_and_ends_the_others_when_it_closes) {
    renderer = make_process_renderer({.program = program("exec sleep 60"),
                                      .max_concurrent = 1,
                                      .max_waiting = 1,
                                      .timeout = std::chrono::minutes{5}});
    auto first = loop.start(renderer->resize("one")), second = loop.start(renderer->resize("two"));
    // Whichever comes last: two are in, one is refused.
    auto third = loop.start(renderer->resize("three"));
    std::array futures{&first, &second, &third};
    auto is_ready = [](auto* each) {
        return each->wait_for(std::chrono::seconds{0}) == std::future_status::ready;
    };
    while (std::ranges::none_of(futures, is_ready)) std::this_thread::yield();
    EXPECT_EQ(std::ranges::count_if(futures, is_ready), 1);
    auto refused = std::ranges::find_if(futures, is_ready);
    EXPECT_THROW((void)(*refused)->get(), Unavailable);

    auto started = std::chrono::steady_clock::now();
    renderer->close();
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds{30});
}

TEST_F(ProcessRendererTest, is_unavailable_when_there_is_no_program) {
    EXPECT_THROW((void)resize({.program = folder.path() / "missing"}), Unavailable);
}

}  // namespace
}  // namespace stagedoor::pictures
