#include "common/templates/assets.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace stagedoor::templates {
namespace {

// FNV-1a. It only has to differ between versions of a file.
std::string fingerprint(std::string_view content) {
    std::uint64_t hash = 14695981039346656037ULL;
    for (auto c : content) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return fmt::format("{:016x}", hash);
}

std::string read_file(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) throw std::runtime_error("can't read " + path);
    return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

Assets::Assets(std::vector<Asset> embedded, std::string folder)
    : embedded_(std::move(embedded)), folder_(std::move(folder)) {}

std::vector<Asset> Assets::load() const {
    auto assets = embedded_;
    for (auto& asset : assets) {
        auto path = folder_ + "/" + asset.path;
        // Those from elsewhere, such as libraries, are only embedded.
        if (may_change() && std::filesystem::exists(path)) asset.content = read_file(path);
        asset.version = fingerprint(asset.content);
    }
    return assets;
}

}  // namespace stagedoor::templates
