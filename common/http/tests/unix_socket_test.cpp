// The server on a unix socket.
#include <sys/stat.h>
#include <sys/un.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <fstream>

#include "common/http/tests/running_server.hpp"
#include "common/runtime/temporary_folder.hpp"

namespace stagedoor::http::test {
namespace {

Task<Response> respond(Request& request) {
    Response response;
    response.body = request.remote_address;
    co_return response;
}

// The whole response to a GET; empty if nobody listens.
std::string get(const std::string& path, const std::string& headers = "") {
    auto socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    std::string response;
    if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
        auto request = "GET / HTTP/1.0\r\n" + headers + "\r\n";
        (void)::send(socket, request.data(), request.size(), MSG_NOSIGNAL);
        char part[4096];
        for (ssize_t size = 0; (size = ::recv(socket, part, sizeof part, 0)) > 0;)
            response.append(part, static_cast<std::size_t>(size));
    }
    ::close(socket);
    return response;
}

class UnixSocket : public ::testing::Test {
  protected:
    ServerOptions options() const {
        ServerOptions all;
        all.socket = path;
        all.drain_delay = 0ms;
        all.connections_of_client_limit = 1;
        return all;
    }
    std::string attempt() const {
        try {
            RunningServer server{respond, options()};
        } catch (const std::runtime_error& error) {
            log::stop();
            return error.what();
        }
        return "it listens";
    }

    runtime::TemporaryFolder folder;
    std::string path = folder.file("admin.sock");
};

TEST_F(UnixSocket, is_for_its_own_user_alone) {
    RunningServer server{respond, options()};
    struct stat found{};
    ASSERT_EQ(::stat(path.c_str(), &found), 0);
    EXPECT_TRUE(S_ISSOCK(found.st_mode));
    EXPECT_EQ(found.st_mode & 0777, 0600u);
    EXPECT_EQ(server.port(), 0);
    EXPECT_TRUE(get(path).ends_with("\r\n\r\nunix")) << get(path);
    EXPECT_TRUE(get(path, "X-Forwarded-For: 192.0.2.1\r\n").ends_with("\r\n\r\nunix"));
}

TEST_F(UnixSocket, nobody_on_a_port_can_pretend_to_be_on_it) {
    ServerOptions options;
    options.trusted_proxies = {"127.0.0.1"};
    RunningServer server{respond, options};
    EXPECT_EQ(server.client().get("/", "X-Forwarded-For: unix\r\n").body, "127.0.0.1");
}

TEST_F(UnixSocket, is_removed_when_the_server_drains) {
    RunningServer server{respond, options()};
    auto drained = boost::asio::co_spawn(server.context(), server.server().drain(), boost::asio::use_future);
    EXPECT_EQ(drained.wait_for(10s), std::future_status::ready);
    EXPECT_FALSE(std::filesystem::exists(path));
    std::ofstream{path} << "of somebody else";
}

TEST_F(UnixSocket, replaces_one_that_was_left_behind) {
    auto socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(socket);
    ASSERT_TRUE(std::filesystem::exists(path));
    RunningServer server{respond, options()};
    EXPECT_TRUE(get(path).ends_with("unix"));
}

TEST_F(UnixSocket, takes_nothing_from_a_running_program) {
    {
        RunningServer server{respond, options()};
        EXPECT_EQ(attempt(), "can't listen on the socket " + path +
                                 ": another program uses it; choose another path or stop that program");
        log::start(log::Level::off);  // stopped by the attempt
        EXPECT_TRUE(get(path).ends_with("unix"));
    }
    std::ofstream{path} << "a file";
    EXPECT_EQ(attempt(), "can't listen on the socket " + path + ": there is another kind of file; remove it");
    std::filesystem::remove(path);
    path = folder.file("missing/admin.sock");
    EXPECT_EQ(attempt(), "can't listen on the socket " + path + ": No such file or directory");
}

}  // namespace
}  // namespace stagedoor::http::test
