// The settings of tickets.
#pragma once

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
};

[[nodiscard]] settings::Group settings_group();

}  // namespace stagedoor::tickets
