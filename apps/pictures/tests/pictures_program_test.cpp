// The program as the services run it, with good pictures and with those that attackers send.
#include <gtest/gtest.h>
#include <vips/vips.h>

#include <array>
#include <memory>
#include <vector>

#include "common/pictures/process_renderer.hpp"
#include "common/pictures/protocol.hpp"
#include "common/runtime/event_loop_thread.hpp"

namespace stagedoor::pictures {
namespace {

struct Unref {
    void operator()(VipsImage* image) const { g_object_unref(image); }
};
using Image = std::unique_ptr<VipsImage, Unref>;

Image decode(const std::string& bytes) {
    Image image{vips_image_new_from_buffer(bytes.data(), bytes.size(), "", nullptr)};
    if (!image) throw std::runtime_error(vips_error_buffer());
    // The bytes may go away.
    return Image{vips_image_copy_memory(image.get())};
}

std::vector<std::string> fields_of(const Image& image) {
    auto** names = vips_image_get_fields(image.get());
    std::vector<std::string> all;
    for (auto** name = names; *name; ++name) all.emplace_back(*name);
    g_strfreev(names);
    return all;
}

// The left half red, the right half blue.
Image two_colours(int width, int height, int bands = 3) {
    VipsImage *xy = nullptr, *x = nullptr, *left = nullptr, *right = nullptr, *none = nullptr, *all = nullptr,
              *tagged = nullptr;
    EXPECT_EQ(vips_xyz(&xy, width, height, nullptr), 0);
    EXPECT_EQ(vips_extract_band(xy, &x, 0, nullptr), 0);
    EXPECT_EQ(vips_relational_const1(x, &left, VIPS_OPERATION_RELATIONAL_LESS, width / 2, nullptr), 0);
    EXPECT_EQ(vips_invert(left, &right, nullptr), 0);
    EXPECT_EQ(vips_black(&none, width, height, nullptr), 0);
    VipsImage* opaque = nullptr;
    EXPECT_EQ(vips_invert(none, &opaque, nullptr), 0);
    std::array<VipsImage*, 4> in{left, none, right, opaque};
    EXPECT_EQ(vips_bandjoin(in.data(), &all, bands, nullptr), 0);
    EXPECT_EQ(vips_copy(all, &tagged, "interpretation", VIPS_INTERPRETATION_sRGB, nullptr), 0);
    for (auto* each : {xy, x, left, right, none, opaque, all}) g_object_unref(each);
    return Image{tagged};
}

std::string encode(const Image& image, const std::string& suffix) {
    void* bytes = nullptr;
    std::size_t size = 0;
    if (vips_image_write_to_buffer(image.get(), suffix.c_str(), &bytes, &size, nullptr) != 0)
        throw std::runtime_error(vips_error_buffer());
    std::string text{static_cast<char*>(bytes), size};
    g_free(bytes);
    return text;
}

// The colour of a pixel, as far as lossy formats leave it alone.
std::string colour_at(const Image& image, int x, int y) {
    double* channels = nullptr;
    int count = 0;
    EXPECT_EQ(vips_getpoint(image.get(), &channels, &count, x, y, nullptr), 0);
    std::string name;
    for (int i = 0; i < count; ++i) name += channels[i] > 200 ? "1" : channels[i] < 60 ? "0" : "?";
    g_free(channels);
    return name;
}

std::string big_endian(std::uint32_t number) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift);
    return bytes;
}

std::uint32_t crc(std::string_view bytes) {
    std::uint32_t sum = ~0U;
    for (auto byte : bytes) {
        sum ^= static_cast<unsigned char>(byte);
        for (int i = 0; i < 8; ++i) sum = sum & 1 ? (sum >> 1) ^ 0xEDB88320U : sum >> 1;
    }
    return ~sum;
}

// A PNG that says how large it is, and is at its end.
std::string png_head(std::uint32_t width, std::uint32_t height) {
    auto chunk = "IHDR" + big_endian(width) + big_endian(height) + std::string("\x08\x02\0\0\0", 5);
    return "\x89PNG\r\n\x1A\n" + big_endian(13) + chunk + big_endian(crc(chunk));
}

struct PicturesProgram : ::testing::Test {
    static void SetUpTestSuite() { ASSERT_EQ(VIPS_INIT("pictures_program_test"), 0); }

    std::optional<Rendition> resize(std::string upload) {
        return loop.wait_for(renderer->resize(std::move(upload)));
    }
    std::string file(const Rendition& rendition, std::string_view name) {
        auto found = std::ranges::find(rendition.files, name, &File::name);
        return found == rendition.files.end() ? "" : found->bytes;
    }
    void expect_refused(const std::string& upload) {
        SCOPED_TRACE(upload.substr(0, 12));
        EXPECT_FALSE(resize(upload).has_value());
    }

    runtime::EventLoopThread loop;  // outlives the threads that hand results to it
    std::unique_ptr<Renderer> renderer = make_process_renderer(
        {.program = STAGEDOOR_PICTURES, .timeout = std::chrono::minutes{2}});  // sanitizers are slow
};

TEST_F(PicturesProgram, makes_all_sizes_and_formats_of_each_format_it_reads) {
    for (const auto* format : {".jpg", ".png", ".webp"}) {
        SCOPED_TRACE(format);
        auto rendition = resize(encode(two_colours(1800, 1200), format));
        ASSERT_TRUE(rendition.has_value());
        EXPECT_EQ(rendition->width, 1200);
        EXPECT_EQ(rendition->height, 800);
        ASSERT_EQ(rendition->files.size(), protocol::picture_files.size());
        for (const auto& [name, bytes] : rendition->files) {
            SCOPED_TRACE(name);
            auto image = decode(bytes);
            EXPECT_EQ(image->Xsize, name.starts_with("480") ? 480 : 1200);
            EXPECT_EQ(image->Ysize, name.starts_with("480") ? 320 : name == "preview.jpg" ? 630 : 800);
            EXPECT_EQ(colour_at(image, image->Xsize / 8, 100), "100");
            EXPECT_EQ(colour_at(image, image->Xsize * 7 / 8, 100), "001");
            auto begin = name.ends_with("webp") ? "RIFF" : name.ends_with("avif") ? "ftyp" : "\xFF\xD8\xFF";
            EXPECT_EQ(bytes.find(begin), name.ends_with("avif") ? 4u : 0u);
        }
    }
}

TEST_F(PicturesProgram, never_enlarges_a_picture_but_for_the_preview) {
    auto rendition = resize(encode(two_colours(300, 200), ".png"));
    ASSERT_TRUE(rendition.has_value());
    EXPECT_EQ(rendition->width, 300);
    EXPECT_EQ(decode(file(*rendition, "480.webp"))->Xsize, 300);
    EXPECT_EQ(decode(file(*rendition, "preview.jpg"))->Xsize, 1200);
}

TEST_F(PicturesProgram, keeps_strips_within_bounds) {
    constexpr int length = 60'000;
    for (auto [width, height] : {std::pair{100, 9000}, {10, length}, {length, 10}}) {
        SCOPED_TRACE(std::to_string(width) + " × " + std::to_string(height));
        auto rendition = resize(encode(two_colours(width, height), ".png"));
        ASSERT_TRUE(rendition.has_value());
        EXPECT_EQ(rendition->height, height > width ? 1600 : 1);
        auto preview = decode(file(*rendition, "preview.jpg"));
        EXPECT_EQ(preview->Xsize, 1200);
        EXPECT_EQ(preview->Ysize, 630);
    }
}

TEST_F(PicturesProgram, turns_a_picture_upright_and_strips_where_it_was_taken) {
    auto image = two_colours(400, 200);
    vips_image_set_int(image.get(), VIPS_META_ORIENTATION, 6);  // its left is up
    vips_image_set_string(image.get(), "exif-ifd3-GPSLatitude", "48/1 12/1 30/1 (48, 12, 30, Rational, 3)");
    vips_image_set_string(image.get(), "exif-ifd0-Artist", "Whistleblower (Whistleblower, ASCII, 14)");
    auto upload = encode(image, ".jpg");
    ASSERT_NE(upload.find("Exif"), std::string::npos);
    ASSERT_NE(upload.find("Whistleblower"), std::string::npos);
    auto before = fields_of(decode(upload));
    ASSERT_TRUE(std::ranges::any_of(before, [](const auto& name) { return name.starts_with("exif-ifd3"); }));

    auto rendition = resize(upload);

    ASSERT_TRUE(rendition.has_value());
    EXPECT_EQ(rendition->width, 200);
    EXPECT_EQ(rendition->height, 400);
    for (const auto& [name, bytes] : rendition->files) {
        SCOPED_TRACE(name);
        auto made = decode(bytes);
        EXPECT_EQ(colour_at(made, made->Xsize / 2, 20), "100");
        EXPECT_EQ(bytes.find("Whistleblower"), std::string::npos);
        for (const auto& field : fields_of(made)) {  // WebP has an EXIF part, with the resolution
            EXPECT_FALSE(field.starts_with("exif-ifd3")) << field;
            EXPECT_EQ(field.find("Artist"), std::string::npos) << field;
        }
        EXPECT_EQ(vips_image_get_typeof(made.get(), VIPS_META_ICC_NAME), 0u);
    }
}

TEST_F(PicturesProgram, reads_other_colours_and_transparency) {
    auto transparent = two_colours(64, 64, 4);
    VipsImage *deep = nullptr, *grey = nullptr, *cmyk = nullptr;
    ASSERT_EQ(vips_colourspace(transparent.get(), &deep, VIPS_INTERPRETATION_RGB16, nullptr), 0);
    ASSERT_EQ(vips_colourspace(two_colours(64, 64).get(), &grey, VIPS_INTERPRETATION_B_W, nullptr), 0);
    ASSERT_EQ(vips_colourspace(two_colours(64, 64).get(), &cmyk, VIPS_INTERPRETATION_CMYK, nullptr), 0);
    Image deep_image{deep}, grey_image{grey}, cmyk_image{cmyk};
    for (const auto& upload :
         {encode(transparent, ".png"), encode(transparent, ".webp"), encode(deep_image, ".png"),
          encode(grey_image, ".jpg"), encode(cmyk_image, ".jpg")}) {
        auto rendition = resize(upload);
        ASSERT_TRUE(rendition.has_value());
        EXPECT_EQ(decode(file(*rendition, "1200.jpg"))->Bands, 3);
    }
}

TEST_F(PicturesProgram, refuses_what_ends_too_early) {
    for (const auto* format : {".jpg", ".png", ".webp"}) {
        auto whole = encode(two_colours(800, 800), format);
        expect_refused(whole.substr(0, whole.size() / 2));
        expect_refused(whole.substr(0, 20));
    }
}

TEST_F(PicturesProgram, refuses_more_pixels_than_it_could_hold_before_it_decodes_any) {
    expect_refused(png_head(100'000, 100'000));
    expect_refused(png_head(0x7FFFFFFF, 0x7FFFFFFF));
    expect_refused(png_head(10'000, 6'000));
}

TEST_F(PicturesProgram, refuses_all_other_formats_whatever_they_claim_to_be) {
    const std::string svg = R"(<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script>
        <image href="file:///etc/passwd"/></svg>)";
    for (const auto& upload :
         {std::string{}, std::string{"\0", 1}, std::string{"<!doctype html><script>alert(1)</script>"}, svg,
          "\xFF\xD8\xFF" + svg, "\x89PNG\r\n\x1A\n" + svg, encode(two_colours(8, 8), ".gif"),
          std::string{"II*\0\x08\0\0\0", 8}, std::string{"\x08\xF2\xA6\xB6"},
          std::string{"%PDF-1.4\n%\xE2\xE3\xCF\xD3"}, std::string{"P6 2 2 255 aaaaaaaaaaaa"},
          std::string{"RIFF\x04\0\0\0WEBP", 12}, std::string{"#!/bin/sh\nid"}})
        expect_refused(upload);
}

TEST_F(PicturesProgram, leaves_nothing_of_a_file_that_is_also_a_page) {
    auto polyglot = encode(two_colours(64, 64), ".jpg") + "<script>alert(1)</script>";
    auto rendition = resize(polyglot);
    ASSERT_TRUE(rendition.has_value());
    for (const auto& each : rendition->files) EXPECT_EQ(each.bytes.find("<script"), std::string::npos);
}

TEST_F(PicturesProgram, draws_a_poster_on_its_background) {
    auto png = loop.wait_for(renderer->preview(
        R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 4" width="300" height="400"><rect width="3" height="4"
        fill="#f00"/></svg>)",
        "#0000ff"));
    EXPECT_TRUE(png.starts_with("\x89PNG"));
    auto image = decode(png);
    EXPECT_EQ(image->Xsize, 1200);
    EXPECT_EQ(image->Ysize, 630);
    VipsImage* colours = nullptr;
    ASSERT_EQ(vips_colourspace(image.get(), &colours, VIPS_INTERPRETATION_sRGB, nullptr), 0);
    Image plain{colours};
    EXPECT_EQ(colour_at(plain, 600, 315).substr(0, 3), "100");
    EXPECT_EQ(colour_at(plain, 10, 315).substr(0, 3), "001");
    EXPECT_THROW((void)loop.wait_for(renderer->preview("<svg", "#0000ff")), std::runtime_error);
    EXPECT_THROW((void)loop.wait_for(renderer->preview("<svg/>", "blue")), std::runtime_error);
}

}  // namespace
}  // namespace stagedoor::pictures
