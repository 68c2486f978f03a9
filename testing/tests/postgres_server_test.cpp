#include "fleet/postgres_server.hpp"

#include <gtest/gtest.h>

namespace stagedoor::fleet {
namespace {

Ended query(const std::string& url) {
    return run(postgres_program("psql"), {url, "-X", "-q", "-A", "-t", "-c", "SELECT inet_server_addr()"});
}

TEST(PostgresServer, is_reached_by_its_unix_socket_with_the_password) {
    TemporaryPostgres postgres{"orders"};
    auto url = postgres.server.local_url("orders");
    auto local = query(url);
    EXPECT_EQ(local.exit.code, 0) << local.errors;
    EXPECT_EQ(local.output, "\n");  // no IP address
    EXPECT_EQ(query(postgres.server.url("orders")).output, "127.0.0.1\n");

    auto begin = url.find(':', url.find("//")) + 1;
    auto wrong = query(url.replace(begin, url.find('@') - begin, "wrong"));
    EXPECT_NE(wrong.exit.code, 0);
    EXPECT_NE(wrong.errors.find("password authentication failed"), std::string::npos) << wrong.errors;
}

TEST(PostgresServer, is_reached_by_tcp_if_the_path_of_its_socket_would_be_too_long) {
    runtime::TemporaryFolder folder;
    PostgresServer server{folder.path() / std::string(100, 'x')};
    server.start();
    server.make_database("orders");
    EXPECT_EQ(server.local_url("orders"), server.url("orders"));
    EXPECT_EQ(query(server.local_url("orders")).output, "127.0.0.1\n");
}

TEST(PostgresServer, is_reached_in_a_folder_with_any_name) {
    runtime::TemporaryFolder folder;
    PostgresServer server{folder.path() / "two words & 5%?"};
    server.start();
    server.make_database("orders");
    auto local = query(server.local_url("orders"));
    EXPECT_EQ(local.output, "\n") << local.errors;
}

}  // namespace
}  // namespace stagedoor::fleet
