#include "services/tickets/import/importer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iostream>

#include "common/runtime/task_group.hpp"
#include "common/security/audit_log.hpp"
#include "services/tickets/import/output.hpp"
#include "services/tickets/store/imports.hpp"
#include "services/tickets/store/tickets.hpp"

namespace stagedoor::tickets {
namespace {

// Enough for a commit to cost little, and few enough to be read in a moment and to be lost by a crash.
constexpr std::size_t max_batch_records = 4'000;
constexpr std::int64_t max_batch_bytes = 8 * 1024 * 1024;
constexpr std::int64_t max_known_imports = 1'000;
constexpr int max_starts = 3;  // then another program is importing the file

// Between our look at earlier imports and our first batch, another import of the seller was written.
struct Overtaken : std::exception {
    explicit Overtaken(bool same_file) : is_of_same_file(same_file) {}
    bool is_of_same_file;  // else perhaps not
};

struct Batch {
    std::vector<store::NewListing> listings;
    std::vector<std::pair<std::int64_t, Problems>> rejected;  // by line
    Position begin, end;
    bool is_last = false;
};

// What earlier imports of the seller have read of the file.
struct Earlier {
    std::optional<store::Import> unfinished;  // to be continued
    std::optional<store::Import> same;        // which has read all of it
    std::optional<store::Import> changed;     // unfinished, of a file of that name with another beginning
    std::optional<store::Import> replaced;    // the same, but finished
};

Earlier recognize(const InputFile& file, std::vector<store::Import> imports) {
    std::ranges::sort(imports, {}, &store::Import::bytes);
    PrefixDigest digest{file};
    Earlier earlier;
    for (auto& each : imports) {
        auto is_read = each.bytes <= file.size() && each.digest == digest.of(each.bytes);
        if (!each.finished_at && is_read)
            earlier.unfinished = std::move(each);
        else if (each.finished_at && is_read && each.bytes == file.size())
            earlier.same = std::move(each);
        else if (each.file == file.name())
            (each.finished_at ? earlier.replaced : earlier.changed) = std::move(each);
    }
    return earlier;
}

class Importer {
  public:
    Importer(Host& host, ImportRequest request)
        : host_(host), request_(std::move(request)), file_(request_.path) {
        if (!request_.report.empty() && file_.is_same_as(request_.report))
            throw InputError("the report would replace " + file_.name());
    }

    Task<ImportResult> run() {
        // An import that was killed may still be committing its last batch in PostgreSQL.
        for (int starts = 0; starts < max_starts;) {
            try {
                co_return co_await import_or_continue();
            } catch (const Overtaken& overtaken) {  // look again how far it has come
                starts += overtaken.is_of_same_file ? 1 : 0;
            }
        }
        throw is_being_imported();
    }

  private:
    Task<ImportResult> import_or_continue() {
        import_ = {.id = runtime::new_uuid(host_.random(), host_.clock().now()),
                   .user_id = request_.seller,
                   .file = file_.name(),
                   .started_at = host_.clock().now()};
        if (!request_.check_only) co_await continue_earlier();
        first_line_ = import_.lines + 1;
        digest_.emplace(file_);
        records_ = read_records(file_, request_.format, {import_.bytes, import_.lines});
        auto mode = import_.bytes > 0 ? Report::Mode::append : Report::Mode::create;
        report_.emplace(request_.report, mode);
        auto accepted_before = import_.accepted;
        double seconds = 0;
        {
            Progress progress{host_.clock(), file_.size(), import_.accepted};
            co_await import_all(progress);
            seconds = progress.seconds();
        }
        print_result(import_.accepted - accepted_before, seconds);
        co_return import_.rejected == 0 ? ImportResult::all_accepted : ImportResult::some_rejected;
    }

    Task<> continue_earlier() {
        const auto& seller = request_.seller;
        auto imports = co_await host_.database("tickets").read([&](sql::Tx& tx) {
            earlier_imports_ = store::count_imports(tx, seller);
            return store::imports_of(tx, seller, max_known_imports);
        });
        auto earlier = recognize(file_, std::move(imports));
        if (auto& unfinished = earlier.unfinished) {
            import_ = std::move(*unfinished);
            std::cout << "continuing after line " << import_.lines << std::endl;
        } else if (auto& same = earlier.same; same && !request_.again) {
            throw InputError(fmt::format(
                "{} was imported for this seller at {}, {} listings; --again imports it once more",
                file_.name(), same->started_at.to_text(), same->accepted));
        } else if (auto& changed = earlier.changed; changed && !request_.again) {
            throw InputError(fmt::format(
                "{} has changed before line {}, where its import stopped after {} listings; restore it to "
                "continue, or --again imports all of it",
                file_.name(), changed->lines, changed->accepted));
        } else if (auto& replaced = earlier.replaced; replaced && file_.has_name() && !request_.again) {
            throw InputError(fmt::format(
                "{} has changed since it was imported for this seller at {}, {} listings; import new and "
                "corrected lines from a file of another name, or --again imports all of it",
                file_.name(), replaced->started_at.to_text(), replaced->accepted));
        }
    }

    // Reads a batch while the one before it is being written.
    Task<> import_all(Progress& progress) {
        auto executor = co_await boost::asio::this_coro::executor;
        auto batch = read_batch();
        if (batch.is_last && import_.bytes == 0 && batch.listings.empty() && batch.rejected.empty())
            throw InputError(file_.name() + " has no listings");
        for (;;) {
            for (const auto& [line, problems] : batch.rejected) report_->add(line, problems);
            report_->flush();  // before the commit: a crash reports lines twice rather than never
            runtime::TaskGroup writing{host_.clock()};
            std::exception_ptr failure;
            writing.spawn(executor, "import", [&] { return try_to_write(batch, failure); });
            co_await boost::asio::post(executor, boost::asio::use_awaitable);  // lets it start
            std::optional<Batch> next;
            try {
                if (!batch.is_last) next = read_batch();
            } catch (const std::exception&) {
                failure = std::current_exception();
            }
            co_await writing.wait();
            if (failure) std::rethrow_exception(failure);
            progress.show({import_.bytes, import_.lines}, import_.accepted, import_.rejected);
            if (!next) co_return;
            batch = std::move(*next);
        }
    }

    Batch read_batch() {
        Batch batch{.begin = records_->position()};
        auto now = host_.clock().now();
        auto is_full = [&] {
            return batch.listings.size() + batch.rejected.size() >= max_batch_records ||
                   records_->position().bytes - batch.begin.bytes >= max_batch_bytes;
        };
        while (!is_full() && !batch.is_last) {
            auto record = records_->next();
            if (!record) {
                batch.is_last = true;
            } else if (!record->problem.empty()) {
                batch.rejected.emplace_back(record->line,
                                            Problems{{Message::as_is(std::move(record->problem)), {}}});
            } else if (auto listing = json::read<NewTicket>(record->content, now)) {
                batch.listings.emplace_back(TicketId{runtime::new_uuid(host_.random(), now, host_.cell())},
                                            request_.seller, *listing);
            } else {
                batch.rejected.emplace_back(record->line, std::move(listing.error()));
            }
        }
        batch.end = batch.is_last ? Position{file_.size(), records_->position().lines} : records_->position();
        return batch;
    }

    Task<> try_to_write(const Batch& batch, std::exception_ptr& failure) {
        try {
            co_await write(batch);
        } catch (const std::exception&) {
            failure = std::current_exception();
        }
    }

    Task<> write(const Batch& batch) {
        auto next = import_;
        next.accepted += std::ssize(batch.listings);
        next.rejected += std::ssize(batch.rejected);
        next.bytes = batch.end.bytes;
        next.lines = batch.end.lines;
        if (!request_.check_only) {
            next.digest = digest_->of(next.bytes);
            if (batch.is_last) next.finished_at = host_.clock().now();
            auto entry =
                host_.audit().entry(security::actor_of_command(), "import",
                                    fmt::format("listings of user {} from {}, import {} from line {}",
                                                next.user_id.text, next.file, next.id, first_line_));
            auto is_first = import_.lines + 1 == first_line_;
            auto write_batch = [&](sql::Tx& tx) {
                if (import_.bytes == 0 && store::count_imports(tx, next.user_id) != earlier_imports_)
                    throw Overtaken{false};
                if (!store::advance_import(tx, import_.bytes, next)) {
                    if (is_first) throw Overtaken{true};
                    throw is_being_imported();
                }
                (void)store::create(tx, known_words_, batch.listings);
                if (is_first) host_.audit().record(tx, entry);
            };
            co_await host_.database("tickets").write(std::move(write_batch),
                                                     {.hot_rows = {"imports of " + next.user_id.text}});
        }
        import_ = std::move(next);
    }

    [[nodiscard]] InputError is_being_imported() const {
        return InputError(file_.name() + " is being imported by another program");
    }

    void print_result(std::int64_t accepted, double seconds) const {
        auto listings = fmt::format("{} listing{}", accepted, accepted == 1 ? "" : "s");
        if (request_.check_only)
            std::cout << fmt::format("{} of {} can be imported", listings, file_.name()) << std::endl;
        else
            std::cout << fmt::format("imported {} from {} in {:.1f} s ({:.0f}/s)", listings, file_.name(),
                                     seconds, seconds > 0 ? static_cast<double>(accepted) / seconds : 0)
                      << std::endl;
        if (import_.rejected == 0) return;
        std::cout << import_.rejected << (import_.rejected == 1 ? " line was" : " lines were") << " rejected"
                  << (request_.report.empty() ? "" : "; see " + request_.report) << std::endl;
    }

    Host& host_;
    ImportRequest request_;
    InputFile file_;
    std::optional<PrefixDigest> digest_;
    std::unique_ptr<RecordReader> records_;
    std::optional<Report> report_;
    store::Import import_;
    store::KnownWords known_words_;
    std::int64_t first_line_ = 1, earlier_imports_ = 0;
};

}  // namespace

Task<ImportResult> import_listings(Host& host, ImportRequest request) {
    Importer importer{host, std::move(request)};
    co_return co_await importer.run();
}

}  // namespace stagedoor::tickets
