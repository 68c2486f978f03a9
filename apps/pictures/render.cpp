#include "apps/pictures/render.hpp"

#include <vips/vips.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string_view>

// libvips before 8.15 compiles inner loops at run time, by liborc, which ends the process where it gets no
// executable memory: under systemd's MemoryDenyWriteExecute, and once locked in. Found before liborc's own,
// this says that it couldn't be compiled, and libvips takes its loops in C.
extern "C" int orc_program_compile(void*);
extern "C" int orc_program_compile(void*) {
    constexpr int unknown_compile_error = 0x100;
    return unknown_compile_error;
}

namespace stagedoor::pictures {
namespace {

// A camera's 50 megapixels. More would only cost memory: the largest file has 1.9.
constexpr std::int64_t max_pixels = 50'000'000;
constexpr int large_width = 1200, small_width = 480;
// Of a width, so that a strip of paper doesn't become a tower.
constexpr int max_height_of(int width) { return width * 4 / 3; }
// What networks show of a link (Open Graph).
constexpr int preview_width = 1200, preview_height = 630;

constexpr int jpeg_quality = 82, webp_quality = 78, avif_quality = 55;
constexpr int avif_effort = 1;  // of 9: each step costs as much time as all the rest

struct Unref {
    void operator()(VipsImage* image) const { g_object_unref(image); }
};
using Image = std::unique_ptr<VipsImage, Unref>;

[[noreturn]] void refuse() {
    std::string reason = vips_error_buffer();
    std::ranges::replace(reason, '\n', ' ');
    throw Refused(reason.empty() ? "unreadable" : reason);
}

// Calls a libvips operation that makes an image.
template <class Operation>
Image made_by(Operation operation) {
    VipsImage* made = nullptr;
    if (operation(&made) != 0) refuse();
    return Image{made};
}

template <class Operation>
std::string encoded_by(Operation operation) {
    void* bytes = nullptr;
    std::size_t size = 0;
    if (operation(&bytes, &size) != 0) refuse();
    std::string text{static_cast<const char*>(bytes), size};
    g_free(bytes);
    return text;
}

// By their first bytes. Whatever else they claim to be, libvips has only these loaders left.
bool is_known_format(std::string_view bytes) {
    using namespace std::string_view_literals;
    return bytes.starts_with("\xFF\xD8\xFF"sv) || bytes.starts_with("\x89PNG\r\n\x1A\n"sv) ||
           (bytes.starts_with("RIFF"sv) &&
            bytes.substr(std::min<std::size_t>(bytes.size(), 8), 4) == "WEBP"sv);
}

// Reads the head alone. The pixels come when they are needed, from top to bottom; a picture that ends too
// early is then refused, rather than shown half grey. (vips_thumbnail_buffer() would accept it.)
Image open(std::string_view bytes) {
    auto image =
        Image{vips_image_new_from_buffer(bytes.data(), bytes.size(), "", "access", VIPS_ACCESS_SEQUENTIAL,
                                         "fail_on", VIPS_FAIL_ON_TRUNCATED, nullptr)};
    if (!image) refuse();
    auto pixels = std::int64_t{vips_image_get_width(image.get())} * vips_image_get_height(image.get());
    if (pixels > max_pixels) throw Refused("too many pixels");
    return image;
}

// Where and when it was taken, and by whom. Not every encoder of libvips honours its option "strip".
void remove_metadata(VipsImage* image) {
    auto** names = vips_image_get_fields(image);
    for (auto** name = names; *name; ++name) (void)vips_image_remove(image, *name);  // not width and the like
    g_strfreev(names);
}

// A colour profile that makes no sense counts as none.
Image with_profile_applied(Image image) {
    if (vips_image_get_typeof(image.get(), VIPS_META_ICC_NAME) == 0) return image;
    VipsImage* converted = nullptr;
    if (vips_icc_transform(image.get(), &converted, "srgb", "embedded", TRUE, nullptr) == 0)
        return Image{converted};
    vips_error_clear();
    return image;
}

// In sRGB without transparency, eight bits each, with nothing but the pixels.
Image plain(Image image) {
    if (vips_image_hasalpha(image.get())) {
        double white = image->BandFmt == VIPS_FORMAT_USHORT ? 65535 : 255;
        auto* background = vips_array_double_newv(1, white);
        image = made_by(
            [&](VipsImage** to) { return vips_flatten(image.get(), to, "background", background, nullptr); });
        vips_area_unref(VIPS_AREA(background));
    }
    image = with_profile_applied(std::move(image));
    image = made_by(
        [&](VipsImage** to) { return vips_colourspace(image.get(), to, VIPS_INTERPRETATION_sRGB, nullptr); });
    if (image->BandFmt != VIPS_FORMAT_UCHAR)
        image = made_by([&](VipsImage** to) { return vips_cast_uchar(image.get(), to, nullptr); });
    auto pixels = made_by([&](VipsImage** to) {
        *to = vips_image_copy_memory(image.get());
        return *to ? 0 : -1;
    });
    // Ours to change, and called what it is: libvips 8.16 writes no AVIF of what it merely takes for sRGB.
    image = made_by([&](VipsImage** to) {
        return vips_copy(pixels.get(), to, "interpretation", VIPS_INTERPRETATION_sRGB, nullptr);
    });
    remove_metadata(image.get());
    return image;
}

// Turned upright as its EXIF data says, and never enlarged.
Image resized(const Image& image, int width) {
    return plain(made_by([&](VipsImage** to) {
        return vips_thumbnail_image(image.get(), to, width, "height", max_height_of(width), "size",
                                    VIPS_SIZE_DOWN, nullptr);
    }));
}

// The middle of a strip: all of it, as wide or high as the preview, could be a billion pixels.
Image without_far_ends(const Image& image) {
    auto max_side = [](int other_side, int longer, int shorter) {
        constexpr std::int64_t previews = 4;
        return static_cast<int>(
            std::min<std::int64_t>(previews * other_side * longer / shorter + 1, VIPS_MAX_COORD));
    };
    auto width = std::min(image->Xsize, max_side(image->Ysize, preview_width, preview_height)),
         height = std::min(image->Ysize, max_side(image->Xsize, preview_height, preview_width));
    return made_by([&](VipsImage** to) {
        return vips_crop(image.get(), to, (image->Xsize - width) / 2, (image->Ysize - height) / 2, width,
                         height, nullptr);
    });
}

// Fills the preview, with what is likely to catch the eye.
Image cropped(const Image& image) {
    auto middle = without_far_ends(image);
    return plain(made_by([&](VipsImage** to) {
        return vips_thumbnail_image(middle.get(), to, preview_width, "height", preview_height, "size",
                                    VIPS_SIZE_BOTH, "crop", VIPS_INTERESTING_ATTENTION, nullptr);
    }));
}

std::string to_jpeg(const Image& image) {
    return encoded_by([&](void** bytes, std::size_t* size) {
        return vips_jpegsave_buffer(image.get(), bytes, size, "Q", jpeg_quality, "strip", TRUE, "interlace",
                                    TRUE, "optimize_coding", TRUE, nullptr);
    });
}

std::string to_webp(const Image& image) {
    return encoded_by([&](void** bytes, std::size_t* size) {
        return vips_webpsave_buffer(image.get(), bytes, size, "Q", webp_quality, "strip", TRUE, nullptr);
    });
}

std::string to_avif(const Image& image) {
    return encoded_by([&](void** bytes, std::size_t* size) {
        return vips_heifsave_buffer(image.get(), bytes, size, "Q", avif_quality, "compression",
                                    VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "effort", avif_effort, "strip", TRUE,
                                    nullptr);
    });
}

std::string to_png(const Image& image) {
    return encoded_by([&](void** bytes, std::size_t* size) {
        return vips_pngsave_buffer(image.get(), bytes, size, "palette", TRUE, "strip", TRUE, nullptr);
    });
}

// In the order of protocol::picture_files.
protocol::Response render_picture(std::string_view bytes) {
    if (!is_known_format(bytes)) throw Refused("neither JPEG, PNG nor WebP");
    auto large = resized(open(bytes), large_width);
    auto small = resized(large, small_width);
    protocol::Response response{large->Xsize, large->Ysize, {}, {}};
    for (const auto* image : {&large, &small}) {
        for (auto* save : {to_jpeg, to_webp, to_avif}) response.files.push_back(save(*image));
    }
    auto is_wide = large->Ysize < preview_height;  // a panorama has more to show than the large file
    response.files.push_back(to_jpeg(is_wide ? cropped(open(bytes)) : cropped(large)));
    return response;
}

// "#f4efe6" in sRGB.
std::vector<double> colour_of(const std::string& text) {
    if (text.size() != 7 || text[0] != '#') throw Refused("a background that is no colour");
    std::vector<double> channels;
    for (std::size_t i = 1; i < 7; i += 2) channels.push_back(std::stoi(text.substr(i, 2), nullptr, 16));
    return channels;
}

// The drawing as high as the preview, in the middle of it.
protocol::Response render_preview(const protocol::Request& request) {
    auto drawing = made_by([&](VipsImage** to) {
        return vips_thumbnail_buffer(const_cast<char*>(request.bytes.data()), request.bytes.size(), to,
                                     preview_width, "height", preview_height, "size", VIPS_SIZE_BOTH,
                                     nullptr);
    });
    auto colour = colour_of(request.background);
    auto* background = vips_array_double_new(colour.data(), static_cast<int>(colour.size()));
    auto flat = made_by(
        [&](VipsImage** to) { return vips_flatten(drawing.get(), to, "background", background, nullptr); });
    auto whole = made_by([&](VipsImage** to) {
        return vips_gravity(flat.get(), to, VIPS_COMPASS_DIRECTION_CENTRE, preview_width, preview_height,
                            "extend", VIPS_EXTEND_BACKGROUND, "background", background, nullptr);
    });
    vips_area_unref(VIPS_AREA(background));
    return {preview_width, preview_height, {to_png(plain(std::move(whole)))}, {}};
}

}  // namespace

void prepare(const char* program) {
    g_setenv("VIPS_DISC_THRESHOLD", "4g", TRUE);  // it can't write to files
    if (VIPS_INIT(program) != 0) throw std::runtime_error(vips_error_buffer());
    vips_concurrency_set(2);
    vips_cache_set_max(0);
    vips_operation_block_set("VipsForeignLoad", TRUE);
    for (const auto* loader : {"VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp"})
        vips_operation_block_set(loader, FALSE);
    // One small picture through all formats.
    auto black = made_by([](VipsImage** to) { return vips_black(to, 16, 16, "bands", 3, nullptr); });
    auto grey = plain(made_by([&](VipsImage** to) { return vips_invert(black.get(), to, nullptr); }));
    for (auto* save : {to_jpeg, to_webp, to_png, to_avif}) {
        auto bytes = save(grey);
        if (is_known_format(bytes)) (void)cropped(open(bytes));
    }
}

protocol::Response render(const protocol::Request& request) {
    if (request.kind == protocol::Kind::picture) return render_picture(request.bytes);
    vips_operation_block_set("VipsForeignLoadSvg", FALSE);  // it is our own
    return render_preview(request);
}

}  // namespace stagedoor::pictures
