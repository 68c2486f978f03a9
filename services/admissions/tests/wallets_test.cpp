// Tickets for wallets, read by programs that aren't ours: python3's zip reader and the openssl command. The
// certificates are those of a CA made here.
#include <fstream>

#include "common/runtime/temporary_folder.hpp"
#include "common/security/token.hpp"
#include "common/text/hex.hpp"
#include "fleet/process.hpp"
#include "services/admissions/tests/samples.hpp"

namespace stagedoor::admissions {
namespace {

struct Wallets : Test {
    Wallets() {
        for (const auto* ca : {"apple", "stranger"})
            openssl({"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
                     file(ca + std::string{".key"}), "-out", file(ca + std::string{".pem"}), "-days", "10",
                     "-subj", std::string{"/CN="} + ca});
        openssl({"req", "-newkey", "rsa:2048", "-nodes", "-keyout", file("pass.key"), "-out",
                 file("pass.csr"), "-subj",
                 "/UID=pass.example.tickets/OU=TEAM123456/O=Example Tickets/CN=Pass Type ID"});
        openssl({"x509", "-req", "-in", file("pass.csr"), "-CA", file("apple.pem"), "-CAkey",
                 file("apple.key"), "-CAcreateserial", "-out", file("pass.pem"), "-days", "10"});
        openssl({"genrsa", "-out", file("google.key"), "2048"});
        openssl({"rsa", "-in", file("google.key"), "-pubout", "-out", file("google.pub")});
        lists();
    }

    [[nodiscard]] std::string file(const std::string& name) const { return (folder_.path() / name).string(); }
    [[nodiscard]] std::string content(const std::string& name) const {
        std::stringstream text;
        text << std::ifstream{file(name), std::ios::binary}.rdbuf();
        return text.str();
    }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream{file(name), std::ios::binary} << text;
    }
    static std::string run(const std::string& program, const std::vector<std::string>& arguments) {
        auto ended = fleet::run(program, arguments);
        EXPECT_EQ(ended.exit.code, 0) << ended.errors;
        return ended.output;
    }
    static std::string openssl(const std::vector<std::string>& arguments) {
        return run("/usr/bin/openssl", arguments);
    }
    [[nodiscard]] std::string account() const {
        return R"({"client_email":"shop@example.iam","private_key":)" +
               stagedoor::testing::json_text(content("google.key")) + "}";
    }
    [[nodiscard]] Settings with_wallets() const {
        return {.secret = "a secret for tests only",
                .apple_certificate = file("pass.pem"),
                .apple_issuer = file("apple.pem"),
                .apple_key = content("pass.key"),
                .google_account = account(),
                .google_issuer = "3388000000001234"};
    }
    [[nodiscard]] Response wallet(const std::string& kind, const std::string& pass,
                                  const std::string& holder = "buyer") {
        return admissions.as(holder).get("/api/admissions/passes/" + pass + "/" + kind + "-wallet");
    }
    // One of the files in a pass for Apple Wallet.
    [[nodiscard]] std::string part(const Response& response, const std::string& name) const {
        write("ticket.pkpass", response.body);
        run("/usr/bin/python3", {"-m", "zipfile", "-e", file("ticket.pkpass"), file("unzipped")});
        return content("unzipped/" + name);
    }

  private:
    runtime::TemporaryFolder folder_;
};

TEST_F(Wallets, apples_file_has_the_code_of_the_ticket_and_a_valid_signature) {
    admissions.restart_with(with_wallets());
    buys("order");
    auto code = code_of(pass_of());
    auto response = wallet("apple", pass_of()).expect(200);
    EXPECT_EQ(response.header("Content-Type"), "application/vnd.apple.pkpass");
    auto pass = json::parse(part(response, "pass.json")).value();
    EXPECT_EQ(*pass["passTypeIdentifier"].string(), "pass.example.tickets");
    EXPECT_EQ(*pass["teamIdentifier"].string(), "TEAM123456");
    EXPECT_EQ(*(*pass["barcodes"].array())[0]["message"].string(), code);
    EXPECT_EQ(*(*pass["eventTicket"]["primaryFields"].array())[0]["value"].string(), "The concert");
    openssl({"cms", "-verify", "-binary", "-inform", "DER", "-in", file("unzipped/signature"), "-content",
             file("unzipped/manifest.json"), "-CAfile", file("apple.pem"), "-purpose", "any", "-out",
             file("verified")});
    EXPECT_EQ(content("verified"), part(response, "manifest.json"));
}

TEST_F(Wallets, apples_manifest_has_the_hash_of_every_file) {
    admissions.restart_with(with_wallets());
    buys("order");
    auto response = wallet("apple", pass_of()).expect(200);
    auto manifest = json::parse(part(response, "manifest.json")).value();
    ASSERT_EQ(manifest.object()->size(), 3U);
    for (const auto& [name, hash] : *manifest.object()) {
        auto printed = openssl({"dgst", "-sha1", "-r", file("unzipped/" + name)});
        EXPECT_EQ(printed.substr(0, printed.find(' ')), *hash.string()) << name;
    }
}

TEST_F(Wallets, googles_link_is_signed_by_the_account) {
    admissions.restart_with(with_wallets());
    buys("order");
    auto code = code_of(pass_of());
    auto url = wallet("google", pass_of()).expect(200).at("url");
    constexpr std::string_view prefix = "https://pay.google.com/gp/v/save/";
    ASSERT_TRUE(url.starts_with(prefix));
    EXPECT_LT(url.size(), 1'800U) << "longer ones don't fit into a link";
    auto token = url.substr(prefix.size());
    auto end = token.rfind('.');
    write("signed", token.substr(0, end));
    write("signature", security::from_base64url(token.substr(end + 1)).value());
    openssl(
        {"dgst", "-sha256", "-verify", file("google.pub"), "-signature", file("signature"), file("signed")});
    auto middle = token.substr(token.find('.') + 1, end - token.find('.') - 1);
    auto claims = json::parse(security::from_base64url(middle).value()).value();
    EXPECT_EQ(*claims["iss"].string(), "shop@example.iam");
    const auto& object = (*claims["payload"]["eventTicketObjects"].array())[0];
    EXPECT_EQ(*object["barcode"]["value"].string(), code);
    EXPECT_EQ(*object["classId"].string(), "3388000000001234.concert");
}

TEST_F(Wallets, are_only_for_the_holder_of_a_valid_ticket_with_a_fixed_code) {
    admissions.restart_with(with_wallets());
    buys("order");
    for (const auto* kind : {"apple", "google"}) {
        wallet(kind, pass_of(), "stranger").expect(403);
        wallet(kind, "no-such-pass").expect(404);
    }
    set(R"({"transfers":"allowed","rotating":true,"reentry":"none","mode":"strict"})");
    wallet("apple", pass_of()).expect(409);
    set(R"({"transfers":"allowed","rotating":false,"reentry":"none","mode":"strict"})");
    voids("order");
    wallet("google", pass_of()).expect(409);
}

TEST_F(Wallets, are_absent_unless_configured) {
    buys("order");
    wallet("apple", pass_of()).expect(404);
    wallet("google", pass_of()).expect(404);
    EXPECT_EQ(show(pass_of()).body.find("wallets"), std::string::npos);
    admissions.restart_with(with_wallets());
    EXPECT_EQ(show(pass_of()).count("wallets"), 2U);
}

TEST_F(Wallets, say_what_is_wrong_with_their_keys) {
    auto problem = [&](auto change) -> std::string {
        auto settings = with_wallets();
        change(settings);
        std::vector<std::string> problems;
        check_settings(settings, {}, problems);
        EXPECT_EQ(problems.size(), 1U);
        return problems.empty() ? "" : problems.front();
    };
    std::vector<std::string> none;
    check_settings(with_wallets(), {}, none);
    EXPECT_TRUE(none.empty());
    EXPECT_NE(
        problem([&](auto& it) { it.apple_key = content("google.key"); }).find("not that of the certificate"),
        std::string::npos);
    EXPECT_NE(problem([&](auto& it) { it.apple_issuer = file("stranger.pem"); }).find("was not issued"),
              std::string::npos);
    EXPECT_NE(problem([&](auto& it) { it.apple_certificate = file("none.pem"); }).find("none.pem"),
              std::string::npos);
    EXPECT_NE(problem([](auto& it) { it.apple_key.clear(); }).find("APPLE_WALLET_KEY"), std::string::npos);
    EXPECT_NE(problem([](auto& it) { it.google_account = "{}"; }).find("client_email"), std::string::npos);
    EXPECT_NE(problem([](auto& it) { it.google_issuer.clear(); }).find("--google-wallet-issuer"),
              std::string::npos);
}

}  // namespace
}  // namespace stagedoor::admissions
