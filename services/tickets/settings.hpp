// The settings of tickets.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace stagedoor::settings {
class Group;
}

namespace stagedoor::tickets {

struct Settings {
    std::int64_t listings_per_day = 100;  // per seller
    // Where pictures are kept: one of these. Neither: in the data folder, or nowhere without one.
    std::string pictures_folder, pictures_s3_url;
    std::string pictures_s3_region = "us-east-1", pictures_s3_access_key, pictures_s3_secret_key;
    // As long as a draft of a listing is kept (services/client/store/saved_drafts.hpp), and a day. Not an
    // option: only the simulation has less time.
    std::chrono::milliseconds unused_pictures_kept_for = std::chrono::days{31};
};

[[nodiscard]] settings::Group settings_group();

}  // namespace stagedoor::tickets
