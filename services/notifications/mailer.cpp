#include "services/notifications/mailer.hpp"

#include <fmt/chrono.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <ranges>

#include "common/http/message.hpp"
#include "common/outbound/address.hpp"

namespace stagedoor::notifications {
namespace {

class SmtpMailer final : public Mailer {
  public:
    SmtpMailer(const Settings& settings, std::string hello, outbound::Transport& outbound)
        : server_{.url = settings.smtp_url,
                  .hello = std::move(hello),
                  .demand_tls = settings.smtp_requires_tls,
                  .user = settings.smtp_user,
                  .password = settings.smtp_password},
          outbound_(outbound) {}

    [[nodiscard]] bool reaches_people() const override { return true; }
    Task<std::string> deliver(const std::string&, outbound::Email email) override {
        return outbound_.deliver(server_, std::move(email));
    }

  private:
    outbound::SmtpServer server_;
    outbound::Transport& outbound_;
};

// An entry of an mbox file (RFC 4155). No line of the message looks like the beginning of an entry.
std::string to_entry(std::string_view message, std::time_t at) {
    if (message.ends_with("\r\n")) message.remove_suffix(2);
    auto entry = fmt::format("From stagedoor {:%a %b %e %T %Y}\n", fmt::gmtime(at));
    for (auto line : std::views::split(message, std::string_view{"\r\n"})) {
        std::string_view text{line};
        if (text.starts_with("From ")) entry += '>';
        entry += text;
        entry += '\n';
    }
    return entry;
}

// One program writes to the folder.
class FolderMailer final : public Mailer {
  public:
    FolderMailer(std::filesystem::path folder, runtime::Clock& clock)
        : folder_(std::move(folder)), clock_(clock) {
        std::filesystem::create_directories(folder_);
    }

    [[nodiscard]] bool reaches_people() const override { return false; }
    // Not a file per email: making one can cost as much as the rest of a purchase. Not synced: the row is the
    // truth.
    Task<std::string> deliver(const std::string&, outbound::Email email) override {
        auto now = static_cast<std::time_t>(clock_.now().milliseconds / 1000);
        auto path = folder_ / fmt::format("{:%F}.mbox", fmt::gmtime(now));
        std::lock_guard lock{mutex_};
        std::ofstream file{path, std::ios::binary | std::ios::app};
        file.seekp(0, std::ios::end);
        // The empty line also ends an entry that a crash has cut off.
        auto entry = (file.tellp() > 0 ? "\n" : "") + to_entry(email.message, now);
        file.write(entry.data(), std::ssize(entry));
        file.close();
        if (!file) throw std::runtime_error("can't write " + path.string());
        co_return std::string{};
    }

  private:
    std::filesystem::path folder_;
    runtime::Clock& clock_;
    std::mutex mutex_;
};

}  // namespace

std::unique_ptr<Mailer> make_mailer(const Settings& settings, const ProgramSettings& program,
                                    outbound::Transport& outbound, runtime::Clock& clock) {
    if (settings.smtp_url.empty())
        return std::make_unique<FolderMailer>(std::filesystem::path{program.data} / "mails", clock);
    auto origin = program.origin();
    auto host = outbound::host_of(std::string_view{origin}.substr(origin.find("://") + 3));
    return std::make_unique<SmtpMailer>(settings, host ? outbound::hello_name(*host) : "", outbound);
}

}  // namespace stagedoor::notifications
