// The command `import`, on a service that runs beside it, as `stagedoor-tickets import` does.
#include <unistd.h>

#include <fstream>

#include "services/tickets/commands.hpp"
#include "services/tickets/import/importer.hpp"
#include "services/tickets/tests/tickets_test.hpp"

namespace stagedoor::tickets {
namespace {

using std::string_literals::operator""s;

const std::string seller = "019a0000-0000-7000-8000-000000000001";
const std::string header = "title,price,currency,quantity,city,startsAt,timeZone,description\n";

struct Options {
    std::string format = {}, report = {};
    bool again = false, check = false;
    std::string user = seller;
};

struct ImportTest : TicketsTest {
    struct Ended {
        int code = 0;
        std::string output, errors;
    };
    Ended run_import(const std::string& file, const Options& options, const Command& command) {
        std::vector<std::string> given{options.user,
                                       file,
                                       options.format,
                                       options.report,
                                       options.again ? "--again" : "",
                                       options.check ? "--check" : ""};
        ::testing::internal::CaptureStdout();
        ::testing::internal::CaptureStderr();
        Ended ended;
        std::string error;
        try {
            ended.code = tickets.loop.wait_for(command.run(tickets.host(), given));
        } catch (const std::exception& thrown) {  // which the program prints as one line
            ended.code = 1;
            error = thrown.what() + "\n"s;
        }
        ended.output = ::testing::internal::GetCapturedStdout();
        ended.errors = ::testing::internal::GetCapturedStderr() + error;
        tickets.clock.advance(std::chrono::milliseconds{1});  // ids are in order of time
        return ended;
    }
    Ended import(const std::string& file, const Options& options = {}) {
        return run_import(file, options, import_command());
    }
    std::string file(const std::string& name, const std::string& content) {
        std::ofstream{folder.file(name), std::ios::binary} << content;
        return folder.file(name);
    }
    Ended import_text(const std::string& name, const std::string& content, const Options& options = {}) {
        return import(file(name, content), options);
    }
    std::int64_t count(const std::string& table) { return tickets.number("SELECT count(*) FROM " + table); }
    void expect_refused(const Ended& ended, const std::string& part) {
        EXPECT_EQ(ended.code, 1);
        EXPECT_EQ(std::ranges::count(ended.errors, '\n'), 1) << ended.errors;
        EXPECT_TRUE(ended.errors.contains(part)) << ended.errors;
        EXPECT_EQ(count("tickets"), 0);
        EXPECT_EQ(count("imports"), 0);
    }
    // `line` of a file is rejected for `problem`; the lines before and after it are not.
    void expect_rejected(const Ended& ended, int line, const std::string& problem) {
        EXPECT_EQ(ended.code, 3) << ended.errors;
        EXPECT_EQ(std::ranges::count(ended.errors, '\n'), 1) << ended.errors;
        auto wanted = "line " + std::to_string(line) + ": " + problem;
        EXPECT_TRUE(ended.errors.starts_with(wanted)) << ended.errors << " is not " << wanted;
        EXPECT_TRUE(ended.output.contains("imported 2 listings")) << ended.output;
        EXPECT_TRUE(ended.output.contains("1 line was rejected")) << ended.output;
        EXPECT_EQ(count("tickets"), 2);
        EXPECT_EQ(count("outbox"), 2);
        tickets.write([](sql::Tx& tx) {
            for (const auto* table : {"tickets", "outbox", "imports"}) tx.execute("DELETE FROM "s + table);
        });
    }
    // Lists `content` between two valid lines.
    Ended import_line(const std::string& content) {
        return import_text("one.jsonl", R"({"title":"First","price":1})"s + "\n" + content + "\n" +
                                            R"({"title":"Last","price":1})" + "\n");
    }
    Ended import_row(const std::string& content) {
        return import_text(
            "one.csv", "title,price,currency,quantity,startsAt\nFirst,1,,,\n" + content + "\nLast,1,,,\n");
    }

    runtime::TemporaryFolder folder;
};

TEST_F(ImportTest, lists_a_csv_file_like_the_route) {
    auto ended = import_text("shows.csv", "\xEF\xBB\xBF" + header +
                                              "  Bartók ,19.99,EUR,5,Vienna,2026-05-01T21:30:00+02:00,"
                                              "Europe/Vienna,\"Six \"\"quartets\"\",\r\nin two evenings\"\r\n"
                                              "\r\n"
                                              "Plain,5,,,,,,\r\n");
    EXPECT_EQ(ended.code, 0) << ended.errors;
    EXPECT_TRUE(ended.output.contains("imported 2 listings from shows.csv in ")) << ended.output;
    EXPECT_EQ(ended.errors, "");
    auto posted = tickets.as(seller)
                      .post("/api/tickets",
                            R"({"title":"Bartók","price":19.99,"currency":"EUR","quantity":5,"city":"Vienna",
            "startsAt":"2026-05-01T21:30:00+02:00","timeZone":"Europe/Vienna",
            "description":"Six \"quartets\",\r\nin two evenings"})")
                      .expect(201);
    auto found = tickets.get("/api/tickets?q=quartets&sort=new").expect(200);
    ASSERT_EQ(found.count(), 2u) << found.body;
    for (const auto* member : {"userId", "title", "price", "currency", "quantity", "available", "maxPerOrder",
                               "status", "version", "description", "city", "startsAt", "timeZone"})
        EXPECT_EQ(found.at("[1]."s + member), posted.at(member)) << member;
    EXPECT_EQ(search("q=plain"), "Plain");
    EXPECT_EQ(tickets.published<contracts::TicketCreated>().size(), 3u);
    EXPECT_EQ(tickets.published<contracts::TicketCreated>().at(1).title, "Plain");
    auto audit = tickets.admin_get("/admin/audit").expect(200);
    ASSERT_EQ(audit.count(), 1u);
    EXPECT_EQ(audit.at("[0].action"), "import");
    EXPECT_TRUE(audit.at("[0].subject").starts_with("listings of user " + seller + " from shows.csv"))
        << audit.body;
}

TEST_F(ImportTest, lists_json_lines_and_what_the_api_returned) {
    auto posted =
        tickets.as("somebody").post("/api/tickets", R"({"title":"Returned","price":7,"city":"Graz"})").body;
    auto ended =
        import_text("shows.jsonl", posted + "\n" + R"({"title":"Second","price":"5.50","maxPerBuyer":2})");
    EXPECT_EQ(ended.code, 0) << ended.errors;
    EXPECT_EQ(tickets.number("SELECT count(*) FROM tickets WHERE user_id = $1", seller), 2);
    EXPECT_EQ(search("q=returned"), "Returned, Returned");
    EXPECT_EQ(tickets.published<contracts::TicketCreated>().at(2).max_per_buyer, 2);
}

TEST_F(ImportTest, of_thousands_of_lines_keeps_them_all_and_in_order) {
    std::string lines;
    for (int i = 0; i < 9'100; ++i)
        lines +=
            R"({"title":"Show )" + std::to_string(i) + R"(","price":)" + std::to_string(1 + i % 90) + "}\n";
    auto ended = import_text("many.jsonl", lines);
    EXPECT_EQ(ended.code, 0) << ended.errors;
    auto published = tickets.published<contracts::TicketCreated>();
    ASSERT_EQ(published.size(), 9'100u);
    for (std::size_t i = 0; i < published.size(); ++i)
        ASSERT_EQ(published[i].title, "Show " + std::to_string(i));
    EXPECT_EQ(tickets.number("SELECT count(DISTINCT id) FROM tickets"), 9'100);
    EXPECT_EQ(search("q=4711"), "Show 4711");
    EXPECT_EQ(tickets.number("SELECT lines FROM imports"), 9'100);
    EXPECT_EQ(count("audit_log"), 1);
}

TEST_F(ImportTest, rejects_lines_with_number_field_and_message) {
    expect_rejected(import_line(R"({"title":"No price"})"), 2, "price: is missing");
    expect_rejected(import_line(R"({"title":"Past","price":1,"startsAt":"2020-01-01T00:00:00Z"})"), 2,
                    "startsAt: The event must start in the future");
    expect_rejected(import_line("[1]"), 2, "must be an object");
    expect_rejected(import_line("{\"title\":\"\xFF\",\"price\":1}"), 2, "");
    expect_rejected(import_line("{\"title\":\"a\0b\",\"price\":1}"s), 2, "");
    expect_rejected(import_line(R"({"title":"a\u0000b","price":1})"), 2, "title: must not contain control");
    expect_rejected(import_line(R"({"title":"Twice","title":"Twice","price":1})"), 2, "");
    expect_rejected(import_line(R"({"title":")" + std::string(70'000, 'x') + R"(","price":1})"), 2,
                    "is longer than 64 KiB");
    expect_rejected(import_text("half.jsonl",
                                "{\"title\":\"A\",\"price\":1}\n{\"title\":\"B\",\"price\":1}\n"
                                "{\"title\":\"C\",\"pri"),
                    3, "");

    expect_rejected(import_row("Comma,\"19,99\",,,"), 3, "price: ");
    expect_rejected(import_row("Past,1,,,2020-01-01T00:00:00Z"), 3,
                    "startsAt: The event must start in the future");
    expect_rejected(import_row("Half,1,,x,"), 3, "quantity: must be a whole number");
    expect_rejected(import_row("Few,1"), 3, "has 2 cells, and the header has 5");
    expect_rejected(import_row("Many,1,,,,,"), 3, "has 7 cells, and the header has 5");
    expect_rejected(import_row("\xC3\x28,1,,,"), 3, "is not valid UTF-8");
    expect_rejected(import_row("a\0b,1,,,"s), 3, "title: must not contain control");
    expect_rejected(import_row(std::string(70'000, 'x') + ",1,,,"), 3, "is longer than 64 KiB");
    expect_rejected(import_row("12\" vinyl,1,,,"), 3, "has a quotation mark in the wrong place");
    expect_rejected(import_row("\"open,1,,,"), 3, "has a quotation mark that is never closed");
    expect_rejected(import_row("old\rMac,1,,,"), 3, "has a line break that is neither LF nor CRLF");
    expect_rejected(import_row("old,1,,,\r\"Mac"), 3, "has a quotation mark that is never closed");
    expect_rejected(import_text("half.csv", "title,price\nA,1\nB,1\nC"), 4,
                    "has 1 cells, and the header has 2");
}

// A quotation mark that is missing must not take the rest of the file with it.
TEST_F(ImportTest, rejects_one_row_for_an_open_quotation_mark) {
    auto rest = "Next,2\n\"Quoted\nlines\",3\n" + std::string(1'000, '\n');
    std::string many;
    for (int i = 0; i < 10'000; ++i) many += "Show,1\n";
    auto ended = import_text("open.csv", "title,price\n\"Open,1\n" + rest + many);
    EXPECT_EQ(ended.code, 3);
    EXPECT_TRUE(ended.errors.starts_with("line 2: ")) << ended.errors;
    EXPECT_EQ(std::ranges::count(ended.errors, '\n'), 1) << ended.errors;
    EXPECT_EQ(count("tickets"), 10'002);
    EXPECT_EQ(search("q=quoted"), "Quoted\nlines");
}

TEST_F(ImportTest, refuses_files_that_it_cannot_read) {
    expect_refused(import(folder.file("missing.csv")), "can't open missing.csv: No such file or directory");
    std::filesystem::create_directory(folder.file("folder.csv"));
    expect_refused(import(folder.file("folder.csv")), "folder.csv is a directory");
    expect_refused(import_text("empty.csv", ""), "empty.csv is empty");
    expect_refused(import_text("empty.jsonl", ""), "empty.jsonl is empty");
    expect_refused(import_text("blank.jsonl", "\n\r\n  \n"), "blank.jsonl has no listings");
    expect_refused(import_text("blank.csv", "\n\n"), "blank.csv has no line with the names of the columns");
    expect_refused(import_text("header.csv", header), "header.csv has no listings");
    expect_refused(import_text("wide.csv", "\xFF\xFEt\0i\0"s), "wide.csv is in UTF-16; save it as UTF-8");
    expect_refused(import_text("shows.txt", "title,price\nA,1\n"), "add --format csv or --format jsonl");
    expect_refused(import_text("shows.csv", "title,prise\nA,1\n"),
                   "shows.csv, line 1: no column is called \"prise\"; the columns are description, venue");
    expect_refused(import_text("shows.csv", "title,\x1b[31m\nA,1\n"), "no column is called \"[31m\"");
    expect_refused(import_text("shows.csv", "title,price,title\nA,1,B\n"), "there are two columns title");
    expect_refused(import_text("shows.csv", "title,city\nA,B\n"), "there is no column price");
    expect_refused(import_text("shows.csv", "title;price\nA;1\n"), "the cells must be separated by commas");
    expect_refused(import_text("shows.csv", "title,\"price\nA,1\n"), "line 1: has a quotation mark");
    expect_refused(import_text("shows.csv", "title,price\nA,1\n", {.user = "ada@example.com"}),
                   "SELLER must be the id of a user, which \"stagedoor-auth user EMAIL\" prints");
    auto shows = file("shows.csv", "title,price\nA,1\n");
    expect_refused(import(shows, {.report = shows}), "the report would replace shows.csv");
    expect_refused(import(shows, {.report = "/nowhere/report"}), "can't write the report /nowhere/report: ");
}

TEST_F(ImportTest, finds_the_seller_by_what_the_program_knows) {
    auto command = import_command([](Host&, const std::string& given) -> Task<std::optional<UserId>> {
        co_return given == "ada@example.com" ? std::optional{UserId{seller}} : std::nullopt;
    });
    auto shows = file("shows.csv", "title,price\nA,1\n");
    auto unknown = run_import(shows, {.user = "bob@example.com"}, command);
    expect_refused(unknown, "no user has the id or email bob@example.com");
    EXPECT_EQ(run_import(shows, {.user = "ada@example.com"}, command).code, 0);
    EXPECT_EQ(tickets.as(seller).get("/api/tickets/mine").count(), 1u);
}

TEST_F(ImportTest, shows_the_first_rejected_lines_and_reports_all) {
    std::string lines;
    for (int i = 0; i < 100; ++i) lines += "{}\n";
    auto report = folder.file("report.jsonl");
    std::ofstream{report} << "old\n";
    auto ended = import_text("bad.jsonl", lines, {.report = report});
    EXPECT_EQ(ended.code, 3);
    EXPECT_EQ(std::ranges::count(ended.errors, '\n'), 21) << ended.errors;
    EXPECT_TRUE(ended.errors.ends_with("further lines are rejected, see the report\n")) << ended.errors;
    std::ifstream written{report};
    std::string line;
    std::getline(written, line);
    EXPECT_EQ(line, R"({"line":1,"field":"title","message":"is missing"})");
    int count = 1;
    std::string last;
    for (; std::getline(written, line); ++count) last = line;
    EXPECT_EQ(count, 200);
    EXPECT_EQ(last, R"({"line":100,"field":"price","message":"is missing"})");
}

TEST_F(ImportTest, only_checks_if_asked) {
    auto lines = R"({"title":"A","price":1})"s + "\n{}\n";
    auto checked = import_text("shows.jsonl", lines, {.check = true});
    EXPECT_EQ(checked.code, 3);
    EXPECT_TRUE(checked.output.starts_with("1 listing of shows.jsonl can be imported")) << checked.output;
    EXPECT_EQ(count("tickets") + count("imports") + count("audit_log"), 0);
    EXPECT_EQ(import_text("shows.jsonl", lines).code, 3);
    EXPECT_EQ(count("tickets"), 1);
}

TEST_F(ImportTest, reads_standard_input) {
    auto shows = file("shows.csv", "title,price\nFrom a pipe,1\n");
    auto input = ::dup(STDIN_FILENO);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ASSERT_EQ(::write(ends[1], "title,price\nPiped,1\n", 20), 20);
    ::close(ends[1]);
    ::dup2(ends[0], STDIN_FILENO);
    auto ended = import("-", {.format = "csv"});
    ::dup2(input, STDIN_FILENO);
    ::close(ends[0]);
    ::close(input);
    EXPECT_EQ(ended.code, 0) << ended.errors;
    EXPECT_TRUE(ended.output.contains("imported 1 listing from standard input")) << ended.output;
    EXPECT_EQ(search("q=piped"), "Piped");
}

TEST_F(ImportTest, takes_a_file_twice_only_if_asked) {
    auto shows = file("shows.csv", "title,price\nA,1\n");
    EXPECT_EQ(import(shows).code, 0);
    std::filesystem::rename(shows, folder.file("renamed.csv"));
    auto again = import(folder.file("renamed.csv"));
    EXPECT_EQ(again.code, 1);
    EXPECT_TRUE(again.errors.starts_with("renamed.csv was imported for this seller at 2026-01-01T"))
        << again.errors;
    EXPECT_TRUE(again.errors.ends_with(", 1 listings; --again imports it once more\n")) << again.errors;
    EXPECT_EQ(count("tickets"), 1);
    EXPECT_EQ(import(folder.file("renamed.csv"), {.again = true}).code, 0);
    EXPECT_EQ(count("tickets"), 2);
    EXPECT_EQ(import(folder.file("renamed.csv"), {.user = "019a0000-0000-7000-8000-000000000002"}).code, 0);
    EXPECT_EQ(count("tickets"), 3);
}

// Somebody who corrects a rejected line and imports the file once more does not want the others twice.
TEST_F(ImportTest, takes_a_file_that_was_corrected_afterwards_only_if_asked) {
    EXPECT_EQ(import_text("shows.csv", "title,price\nA,1\nB,free\n").code, 3);
    auto refused = import_text("shows.csv", "title,price\nA,1\nB,2\n");
    EXPECT_EQ(refused.code, 1);
    EXPECT_TRUE(refused.errors.starts_with("shows.csv has changed since it was imported for this seller at "))
        << refused.errors;
    EXPECT_EQ(import_text("corrected.csv", "title,price\nB,2\n").code, 0);
    EXPECT_EQ(count("tickets"), 2);
    EXPECT_EQ(import_text("shows.csv", "title,price\nC,1\n", {.again = true}).code, 0);
    EXPECT_EQ(count("tickets"), 3);
}

// A file with more lines than a batch, of which line 6,000 breaks the import.
struct InterruptedImport : ImportTest {
    static std::string lines(int from, int to) {
        std::string text;
        for (int i = from; i < to; ++i)
            text += "Show " + std::to_string(i) + "," + std::to_string(1 + i % 9) + "\n";
        return text;
    }
    // Stops after the first batch.
    void interrupt(const Options& options = {}) {
        tickets.write([](sql::Tx& tx) {
            tx.execute("CREATE UNIQUE INDEX broken ON tickets(title) WHERE title = 'Show 6000'");
        });
        create_listing("Show 6000");
        auto ended = import_text("shows.csv", "title,price\n" + lines(0, 9'000), options);
        EXPECT_EQ(ended.code, 1);
        EXPECT_EQ(std::ranges::count(ended.errors, '\n'), 1) << ended.errors;
        EXPECT_EQ(count("tickets"), 4'001);
        EXPECT_EQ(count("outbox"), 4'001);
        tickets.write([](sql::Tx& tx) {
            tx.execute("DROP INDEX broken");
            tx.execute("DELETE FROM tickets WHERE title = 'Show 6000'");
        });
    }
    void expect_complete() {
        EXPECT_EQ(count("tickets"), 9'000);
        EXPECT_EQ(tickets.number("SELECT count(DISTINCT title) FROM tickets"), 9'000);
        EXPECT_EQ(
            tickets.number("SELECT count(*) FROM imports WHERE finished_at IS NOT NULL AND accepted = 9000"),
            1);
    }
};

TEST_F(InterruptedImport, continues_where_it_stopped) {
    interrupt();
    auto ended = import(folder.file("shows.csv"));
    EXPECT_EQ(ended.code, 0) << ended.errors;
    EXPECT_TRUE(ended.output.starts_with("continuing after line 4001\n")) << ended.output;
    EXPECT_TRUE(ended.output.contains("imported 5000 listings from shows.csv in ")) << ended.output;
    expect_complete();
    EXPECT_EQ(count("audit_log"), 2);
}

TEST_F(InterruptedImport, continues_a_file_that_was_corrected_after_that_place) {
    interrupt();
    auto corrected = lines(4'000, 9'000);
    corrected.replace(corrected.find("Show 6000,7"), 11, "Show 6000,8");
    auto ended = import_text("renamed.csv", "title,price\n" + lines(0, 4'000) + corrected, {.again = true});
    EXPECT_TRUE(ended.output.starts_with("continuing after line 4001\n")) << ended.output;
    expect_complete();
}

TEST_F(InterruptedImport, refuses_a_file_that_has_changed_before_that_place) {
    interrupt();
    auto changed = "title,price\nOther,1\n" + lines(0, 9'000);
    auto refused = import_text("shows.csv", changed);
    EXPECT_EQ(refused.code, 1);
    EXPECT_EQ(
        refused.errors,
        "shows.csv has changed before line 4001, where its import stopped after 4000 listings; restore it to "
        "continue, or --again imports all of it\n");
    EXPECT_EQ(count("tickets"), 4'000);
    EXPECT_EQ(import_text("others.csv", "title,price\nElse,1\n").code, 0) << "another file";
    EXPECT_EQ(import_text("shows.csv", changed, {.again = true}).code, 0);
    EXPECT_EQ(count("tickets"), 4'000 + 1 + 9'001);
}

TEST_F(ImportTest, of_many_files_of_one_seller_at_once_lists_all) {
    std::vector<std::future<ImportResult>> imports;
    ::testing::internal::CaptureStdout();
    for (int i = 0; i < 8; ++i) {
        auto name = "shows-" + std::to_string(i) + ".jsonl";
        imports.push_back(tickets.loop.start(
            import_listings(tickets.host(), {.seller = UserId{seller},
                                             .path = file(name, R"({"title":")" + name + R"(","price":1})"),
                                             .format = Format::json_lines})));
    }
    for (auto& each : imports) EXPECT_EQ(each.get(), ImportResult::all_accepted);
    (void)::testing::internal::GetCapturedStdout();
    EXPECT_EQ(tickets.number("SELECT count(DISTINCT title) FROM tickets"), 8);
}

// Of one batch, and of two.
struct ImportedTwiceAtOnce : ImportTest, ::testing::WithParamInterface<int> {};

TEST_P(ImportedTwiceAtOnce, is_listed_once) {
    std::string lines;
    for (int i = 0; i < GetParam(); ++i)
        lines += R"({"title":"Show )" + std::to_string(i) + R"(","price":1})" + "\n";
    auto path = file("shows.jsonl", lines);
    auto one = [&]() -> int {
        try {
            return static_cast<int>(tickets.loop.wait_for(import_listings(
                tickets.host(), {.seller = UserId{seller}, .path = path, .format = Format::json_lines})));
        } catch (const InputError&) {
            return 1;
        }
    };
    ::testing::internal::CaptureStdout();
    auto other = std::async(std::launch::async, one);
    auto codes = std::vector{one(), other.get()};
    (void)::testing::internal::GetCapturedStdout();
    EXPECT_TRUE(std::ranges::find(codes, 0) != codes.end());
    EXPECT_EQ(count("tickets"), GetParam());
    EXPECT_EQ(tickets.number("SELECT count(DISTINCT title) FROM tickets"), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Lines, ImportedTwiceAtOnce, ::testing::Values(1, 100, 5'000));

}  // namespace
}  // namespace stagedoor::tickets
