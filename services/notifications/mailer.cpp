#include "services/notifications/mailer.hpp"

#include <filesystem>
#include <fstream>

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

class FolderMailer final : public Mailer {
  public:
    explicit FolderMailer(std::filesystem::path folder) : folder_(std::move(folder)) {
        std::filesystem::create_directories(folder_);
    }

    [[nodiscard]] bool reaches_people() const override { return false; }
    // Renamed into place, so no reader sees half a file. Not synced: the database row is the truth.
    Task<std::string> deliver(const std::string& id, outbound::Email email) override {
        auto path = folder_ / (http::percent_encode(id) + ".eml");
        auto unfinished = path;
        unfinished += ".part";
        std::ofstream file{unfinished, std::ios::binary};
        file << email.message;
        file.close();
        if (!file) throw std::runtime_error("can't write " + unfinished.string());
        std::filesystem::rename(unfinished, path);
        co_return std::string{};
    }

  private:
    std::filesystem::path folder_;
};

}  // namespace

std::unique_ptr<Mailer> make_mailer(const Settings& settings, const ProgramSettings& program,
                                    outbound::Transport& outbound) {
    if (settings.smtp_url.empty())
        return std::make_unique<FolderMailer>(std::filesystem::path{program.data} / "mails");
    auto origin = program.origin();
    auto host = outbound::host_of(std::string_view{origin}.substr(origin.find("://") + 3));
    return std::make_unique<SmtpMailer>(settings, host ? outbound::hello_name(*host) : "", outbound);
}

}  // namespace stagedoor::notifications
