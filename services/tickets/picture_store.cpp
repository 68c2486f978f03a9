#include "services/tickets/picture_store.hpp"

#include "common/pictures/s3_store.hpp"

namespace stagedoor::tickets {

std::unique_ptr<pictures::Store> open_picture_store(const ServiceDeps& deps, const Settings& settings) {
    if (settings.pictures_s3_url.empty())
        return deps.open_pictures ? deps.open_pictures(settings.pictures_folder) : nullptr;
    return std::make_unique<pictures::S3Store>(
        deps.outbound, deps.clock,
        pictures::S3Options{.url = settings.pictures_s3_url,
                            .credentials = {settings.pictures_s3_region, settings.pictures_s3_access_key,
                                            settings.pictures_s3_secret_key}});
}

}  // namespace stagedoor::tickets
