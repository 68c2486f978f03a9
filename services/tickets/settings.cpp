#include "services/tickets/settings.hpp"

#include <algorithm>

#include "common/pictures/s3_store.hpp"
#include "common/service/settings.hpp"

namespace stagedoor::tickets {
namespace {

std::string check_url(std::string& url) {
    if (pictures::is_bucket_url(url)) return {};
    return "must be an endpoint and a bucket, such as https://s3.eu-central-1.amazonaws.com/BUCKET";
}

std::string check_key(std::string& text) {
    auto is_plain = [](char c) { return c > ' ' && c <= '~' && c != '/' && c != ','; };
    return std::ranges::all_of(text, is_plain) ? "" : "has characters that no access key has";
}

std::string check_region(std::string& text) {
    auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    auto is_region = !text.empty() && std::ranges::all_of(text, is_plain);
    return is_region ? "" : "must look like eu-central-1";
}

void check_place(const Settings& own, const ProgramSettings&, std::vector<std::string>& problems) {
    if (own.pictures_s3_url.empty()) {
        if (!own.pictures_s3_access_key.empty() || !own.pictures_s3_secret_key.empty())
            problems.emplace_back("--pictures-s3-url is missing: there are keys for it");
        return;
    }
    if (!own.pictures_folder.empty()) {
        problems.emplace_back(
            "--pictures-folder and --pictures-s3-url are both set: pictures are kept in one place");
    }
    if (own.pictures_s3_access_key.empty()) problems.emplace_back("--pictures-s3-access-key is missing");
    if (own.pictures_s3_secret_key.empty())
        problems.emplace_back("STAGEDOOR_PICTURES_S3_SECRET_KEY is missing");
}

}  // namespace

settings::Group settings_group() {
    using settings::Kind;
    return settings::Table<Settings>{
        {
            {"--listings-per-day", "STAGEDOOR_LISTINGS_PER_DAY",
             "listings that a seller may create within 24 hours",
             settings::whole(&Settings::listings_per_day, 1, 100'000)},
            {"--pictures-folder", "STAGEDOOR_PICTURES_FOLDER",
             "folder of sellers' pictures, the same for all replicas of tickets; default: pictures in the "
             "data folder of one process; without it and without a bucket, separate programs and nodes "
             "accept no pictures",
             settings::any_text(&Settings::pictures_folder)},
            {"--pictures-s3-url", "STAGEDOOR_PICTURES_S3_URL",
             "bucket of sellers' pictures, instead of a folder: endpoint and bucket of a server that speaks "
             "S3's protocol, such as https://s3.eu-central-1.amazonaws.com/BUCKET",
             settings::checked_text(&Settings::pictures_s3_url, check_url)},
            {"--pictures-s3-region", "STAGEDOOR_PICTURES_S3_REGION",
             "the bucket's region; servers that have none expect the default",
             settings::checked_text(&Settings::pictures_s3_region, check_region)},
            {"--pictures-s3-access-key", "STAGEDOOR_PICTURES_S3_ACCESS_KEY",
             "id of the key that may get, put, delete and list the bucket's objects",
             settings::checked_text(&Settings::pictures_s3_access_key, check_key)},
            {"", "STAGEDOOR_PICTURES_S3_SECRET_KEY", "the secret of --pictures-s3-access-key",
             settings::any_text(&Settings::pictures_s3_secret_key), Kind::secret},
        },
        check_place,
        {}};
}

}  // namespace stagedoor::tickets
