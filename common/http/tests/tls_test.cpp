// TLS of the server: who gets in, what handshakes may cost, and how certificates are replaced. That it serves
// requests as without TLS is tested in server_test.cpp.
#include "common/http/server/tls.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "common/http/tests/running_server.hpp"
#include "fleet/process.hpp"

namespace stagedoor::http::test {
namespace {

Task<Response> respond(Request& request) {
    Response response;
    response.body = request.path == "/large" ? std::string(3'000'000, 'x') : request.remote_address;
    co_return response;
}

// Why a client does not get in; empty if it is served.
std::string refusal(RunningServer& server, const ClientTls& tls) {
    try {
        RawClient client{server.port(), {}, tls};
        auto status =
            client.get("/").status;  // TLS 1.3: a client's certificate is checked after its handshake
        return status == 200 ? "" : "no response";
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

// Standard error in a file, which can be read meanwhile.
class StderrInFile {
  public:
    StderrInFile() : saved_(::dup(STDERR_FILENO)) {
        auto file = ::open(path().c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
        ::dup2(file, STDERR_FILENO);
        ::close(file);
    }
    ~StderrInFile() {
        ::dup2(saved_, STDERR_FILENO);
        ::close(saved_);
    }
    StderrInFile(const StderrInFile&) = delete;
    StderrInFile& operator=(const StderrInFile&) = delete;

    [[nodiscard]] std::string text() const { return fleet::read_file(path()); }
    [[nodiscard]] int count(const std::string& wanted) const {
        auto all = text();
        int times = 0;
        for (auto at = all.find(wanted); at != std::string::npos; at = all.find(wanted, at + 1)) ++times;
        return times;
    }

  private:
    [[nodiscard]] std::string path() const { return folder_.file("stderr"); }
    runtime::TemporaryFolder folder_;
    int saved_;
};

class Tls : public ::testing::Test {
  protected:
    ServerOptions options() const {
        ServerOptions all;
        all.tls = tls.files();
        all.certificate_interval = 10ms;
        return all;
    }
    // With the certificate in this folder, which may be replaced.
    ServerOptions reading(const std::filesystem::path& folder) const {
        auto all = options();
        all.tls = {(folder / "tls.crt").string(), (folder / "tls.key").string(), {}};
        return all;
    }
    ServerOptions mutual() const {
        auto all = options();
        all.tls.client_ca = tls.authority.file();
        return all;
    }
    ClientTls with(const fleet::CertificateFiles& own) const {
        return {.ca_file = tls.authority.file(), .certificate = own.certificate, .key = own.key};
    }
    // As cert-manager does: all files at once, by another symbolic link.
    void replace(const std::filesystem::path& link, const std::filesystem::path& target) const {
        auto next = std::filesystem::path{tls.folder.file("next")};
        std::filesystem::create_directory_symlink(target, next);
        std::filesystem::rename(next, link);
    }
    std::filesystem::path issued(const std::string& folder, int days) const {
        auto path = tls.folder.path() / folder;
        std::filesystem::create_directory(path);
        auto made = tls.authority.issue(folder, {"DNS:localhost"}, days);
        std::filesystem::rename(made.certificate, path / "tls.crt");
        std::filesystem::rename(made.key, path / "tls.key");
        return path;
    }
    // The name in the certificate that the server shows.
    static std::string name_of(RawClient& client) {
        auto* certificate = SSL_get1_peer_certificate(client.tls().ssl());
        char name[64] = "";
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
        X509_free(certificate);
        return name;
    }
    std::string shown_by(const RunningServer& server) const {
        RawClient client{server.port(), {}, tls.client()};
        return name_of(client);
    }
    static std::string expiry_line(const RunningServer& server) {
        auto text = server.metrics.to_text();
        auto at = text.find("\nstagedoor_tls_certificate_expiry_timestamp_seconds ");
        return text.substr(at + 1, text.find('\n', at + 1) - at - 1);
    }
    static bool becomes(const std::function<bool()>& condition) {
        auto end = std::chrono::steady_clock::now() + 10s;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) return false;
            std::this_thread::sleep_for(2ms);
        }
        return true;
    }

    TestTls tls;
};

TEST_F(Tls, speaks_1_2_and_1_3) {
    RunningServer server{respond, options()};
    auto client = tls.client();
    RawClient newest{server.port(), {}, client};
    EXPECT_STREQ(SSL_get_version(newest.tls().ssl()), "TLSv1.3");
    EXPECT_EQ(newest.get("/").body, "127.0.0.1");
    client.max_version = TLS1_2_VERSION;
    RawClient older{server.port(), {}, client};
    EXPECT_STREQ(SSL_get_version(older.tls().ssl()), "TLSv1.2");
    EXPECT_TRUE(std::string_view{SSL_get_cipher_name(older.tls().ssl())}.starts_with("ECDHE-"));
    EXPECT_EQ(older.get("/large").body.size(), 3'000'000u);
    client.max_version = TLS1_1_VERSION;
    EXPECT_NE(refusal(server, client), "");
}

TEST_F(Tls, ends_every_connection_with_a_goodbye) {
    auto quick = options();
    quick.idle_timeout = 40ms;
    RunningServer server{respond, quick};
    RawClient asked{server.port(), {}, tls.client()}, idle{server.port(), {}, tls.client()};
    EXPECT_EQ(asked.get("/", "Connection: close\r\n").status, 200);
    EXPECT_TRUE(asked.at_end());
    EXPECT_TRUE(asked.tls().ended_cleanly()) << "nobody can have cut the response off";
    EXPECT_TRUE(idle.at_end());
    EXPECT_TRUE(idle.tls().ended_cleanly());
}

TEST_F(Tls, negotiates_no_protocol_but_ours) {
    RunningServer server{respond, options()};
    auto client = tls.client();
    using namespace std::string_literals;
    client.alpn = "\x02h2\x08http/1.1"s;
    EXPECT_EQ(refusal(server, client), "");
    client.alpn = "\x02h2"s;
    EXPECT_EQ(refusal(server, client), "tlsv1 alert no application protocol");
}

TEST_F(Tls, resumes_sessions) {
    for (auto version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        RunningServer server{respond, mutual()};
        auto client = with(tls.authority.issue("gateway", {"DNS:gateway"}));
        client.max_version = version;
        RawClient first{server.port(), {}, client};
        EXPECT_EQ(first.get("/").status, 200);
        auto* session = SSL_get1_session(first.tls().ssl());
        boost::asio::io_context context;
        tcp::socket socket{context};
        socket.connect({boost::asio::ip::address_v4::loopback(), server.port()});
        TlsClient second{socket.native_handle(), client, session};
        EXPECT_EQ(SSL_session_reused(second.ssl()), 1) << version;
        SSL_SESSION_free(session);
    }
}

TEST_F(Tls, serves_only_clients_with_a_certificate_of_the_ca) {
    RunningServer server{respond, mutual()};
    EXPECT_EQ(refusal(server, with(tls.authority.issue("gateway", {"DNS:gateway"}))), "");
    EXPECT_EQ(refusal(server, tls.client()), "no response") << "without a certificate";
    EXPECT_EQ(refusal(server, with(tls.authority.issue("late", {"DNS:gateway"}, -1))), "no response")
        << "expired";
    TestTls other;
    EXPECT_EQ(refusal(server, with(other.authority.issue("gateway", {"DNS:gateway"}))), "no response")
        << "of another CA";
    EXPECT_TRUE(server.rejected("handshake", 3));
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
    auto older = tls.client();
    older.max_version = TLS1_2_VERSION;
    EXPECT_NE(refusal(server, older), "");
}

TEST_F(Tls, logs_one_failed_handshake_a_minute) {
    ::testing::internal::CaptureStderr();
    {
        RunningServer server{respond, mutual(), log::Level::info};
        for (int i = 0; i < 20; ++i) EXPECT_NE(refusal(server, tls.client()), "");
        EXPECT_TRUE(server.rejected("handshake", 20));
    }
    auto log = ::testing::internal::GetCapturedStderr();
    auto line = log.find(
        "a TLS handshake failed client=127.0.0.1 error=\"peer did not return a certificate\" "
        "others_before=0");
    EXPECT_NE(line, std::string::npos) << log;
    EXPECT_EQ(log.find("handshake failed", line + 10), std::string::npos) << log;
}

TEST_F(Tls, closes_a_connection_that_does_not_speak_it) {
    RunningServer server{respond, options()};
    for (auto bytes : {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "nonsense, and more of it\r\n\r\n"}) {
        RawClient client{server.port()};
        client.send(bytes);
        auto response = client.read();
        EXPECT_EQ(response.status, 0) << "nothing that could be taken for a response";
    }
    EXPECT_TRUE(server.rejected("handshake", 2));
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
    EXPECT_EQ(refusal(server, tls.client()), "");
}

// Load balancers try whether somebody listens.
TEST_F(Tls, counts_no_connection_that_is_only_opened) {
    RunningServer server{respond, options()};
    RawClient{server.port()}.close();
    EXPECT_EQ(refusal(server, tls.client()), "");
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
    EXPECT_TRUE(server.rejected("handshake", 0));
}

TEST_F(Tls, cuts_a_slow_handshake_off) {
    auto quick = options();
    quick.handshake_timeout = 40ms;
    RunningServer server{respond, quick};
    RawClient silent{server.port()}, slow{server.port()};
    slow.send("\x16\x03\x01");
    EXPECT_TRUE(silent.at_end());
    EXPECT_TRUE(slow.at_end());
    EXPECT_TRUE(server.rejected("handshake_timeout", 2));
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
}

TEST_F(Tls, survives_handshakes_that_break_off_anywhere) {
    RunningServer server{respond, options()};
    // A ClientHello, as recorded from a client.
    BIO* sent = BIO_new(BIO_s_mem());
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL* ssl = SSL_new(context);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), sent);
    EXPECT_LE(SSL_connect(ssl), 0);
    char* bytes = nullptr;
    auto size = BIO_get_mem_data(sent, &bytes);
    for (long length = 1; length < size; length += 7) {
        RawClient client{server.port()};
        client.send({bytes, static_cast<std::size_t>(length)});
        client.finish_sending();
        (void)client.at_end();
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
    EXPECT_EQ(refusal(server, tls.client()), "");
}

TEST_F(Tls, reads_a_replaced_certificate_while_connections_go_on) {
    auto first = issued("first", 20), second = issued("second", 40);
    auto current = tls.folder.path() / "current";
    replace(current, first);
    RunningServer server{respond, reading(current)};
    RawClient before{server.port(), {}, tls.client()};
    EXPECT_EQ(name_of(before), "first");
    auto expiry = expiry_line(server);

    replace(current, second);
    EXPECT_TRUE(becomes([&] { return shown_by(server) == "second"; }));
    EXPECT_EQ(before.get("/large").body.size(), 3'000'000u) << "goes on with what it began with";
    EXPECT_NE(expiry_line(server), expiry);
}

TEST_F(Tls, keeps_its_certificate_if_the_new_one_is_broken_and_says_so_once) {
    StderrInFile log;
    {
        auto first = issued("first", 20), broken = issued("broken", 20), third = issued("third", 20);
        std::ofstream{broken / "tls.key"} << std::ifstream{first / "tls.key"}.rdbuf();
        auto current = tls.folder.path() / "current";
        replace(current, first);
        RunningServer server{respond, reading(current), log::Level::info};
        auto is_not_used = [&](int times) {
            return becomes([&] { return log.count("the new TLS certificate is not used") == times; });
        };
        replace(current, broken);
        EXPECT_TRUE(is_not_used(1));
        std::this_thread::sleep_for(300ms);  // for more looks at the same files
        EXPECT_EQ(shown_by(server), "first");
        std::filesystem::remove(current);
        EXPECT_TRUE(is_not_used(2));
        EXPECT_EQ(shown_by(server), "first");
        replace(current, third);
        EXPECT_TRUE(becomes([&] { return shown_by(server) == "third"; }));
    }
    EXPECT_EQ(log.count("the new TLS certificate is not used"), 2) << log.text();
    EXPECT_EQ(log.count("does not belong to the certificate in"), 1) << log.text();
    EXPECT_EQ(log.count("the TLS certificate was read again"), 1) << log.text();
}

TEST_F(Tls, replaces_the_ca_of_its_clients) {
    TestTls other;
    auto ca = tls.folder.file("clients.pem");
    std::filesystem::copy_file(tls.authority.file(), ca);
    auto options = mutual();
    options.tls.client_ca = ca;
    RunningServer server{respond, options};
    auto own = with(tls.authority.issue("gateway", {"DNS:gateway"}));
    auto others = with(other.authority.issue("gateway", {"DNS:gateway"}));
    EXPECT_EQ(refusal(server, own), "");
    EXPECT_NE(refusal(server, others), "");
    std::filesystem::rename(other.authority.file(), ca);
    EXPECT_TRUE(becomes([&] { return refusal(server, others).empty(); }));
    EXPECT_NE(refusal(server, own), "");
}

TEST_F(Tls, explains_in_one_line_which_file_is_wrong) {
    auto other = tls.authority.issue("other", {"DNS:localhost"});
    auto empty = tls.folder.file("empty"), rsa = tls.folder.file("rsa.key"),
         locked = tls.folder.file("locked.key");
    std::ofstream{empty} << "";
    ASSERT_EQ(fleet::run("/usr/bin/openssl", {"genrsa", "-out", rsa, "2048"}).exit.code, 0);
    ASSERT_EQ(fleet::run("/usr/bin/openssl",
                         {"ec", "-in", tls.server.key, "-aes128", "-passout", "pass:secret", "-out", locked})
                  .exit.code,
              0);
    const auto& [certificate, key] = tls.server;
    EXPECT_EQ(problem_with({certificate, key, {}}), "");
    EXPECT_EQ(problem_with({certificate, key, tls.authority.file()}), "");
    EXPECT_EQ(problem_with({"/nowhere", key, {}}),
              "can't use the certificate in /nowhere: No such file or directory");
    EXPECT_EQ(problem_with({empty, key, {}}), "can't use the certificate in " + empty + ": no start line");
    auto mismatch = [&](const std::string& file) {
        return "the key in " + file + " does not belong to the certificate in " + certificate;
    };
    EXPECT_EQ(problem_with({certificate, other.key, {}}), mismatch(other.key));
    EXPECT_EQ(problem_with({certificate, rsa, {}}), mismatch(rsa));
    EXPECT_TRUE(problem_with({certificate, empty, {}}).starts_with("can't use the key in " + empty + ": "));
    EXPECT_TRUE(problem_with({certificate, locked, {}}).starts_with("can't use the key in " + locked + ": "))
        << problem_with({certificate, locked, {}});
    EXPECT_TRUE(problem_with({certificate, key, empty})
                    .starts_with("can't use the certificates of clients' CA in " + empty));
}

TEST_F(Tls, serves_many_clients_while_certificates_change) {
    auto first = issued("first", 20), second = issued("second", 40);
    auto current = tls.folder.path() / "current";
    replace(current, first);
    auto options = reading(current);
    options.certificate_interval = 1ms;
    RunningServer server{respond, options};
    std::vector<std::jthread> clients;
    std::atomic<int> right = 0;
    for (int number = 0; number < 4; ++number) {
        clients.emplace_back([&] {
            for (int connection = 0; connection < 20; ++connection) {
                RawClient client{server.port(), {}, tls.client()};
                for (int i = 0; i < 5; ++i) right += client.get("/").status == 200;
            }
        });
    }
    for (int i = 0; i < 20; ++i) {
        std::this_thread::sleep_for(10ms);
        replace(current, i % 2 ? first : second);
    }
    clients.clear();
    EXPECT_EQ(right, 4 * 20 * 5);
    EXPECT_TRUE(server.reports("stagedoor_http_connections 0"));
}

}  // namespace
}  // namespace stagedoor::http::test
