#include "common/language/message.hpp"

#include <gtest/gtest.h>

namespace stagedoor::language {
namespace {

using enum Language;

TEST(MessageText, is_in_the_language_that_is_asked_for) {
    auto message = "Not found"_text;
    EXPECT_EQ(to_text(message), "Not found");
    EXPECT_EQ(to_text(message, de), "Nicht gefunden");
    EXPECT_EQ(to_text(message, fr), "Introuvable");
    EXPECT_EQ(to_text(message, es), "No encontrado");
}

TEST(MessageText, has_plurals_and_values) {
    auto wait = [](std::int64_t count, const char* unit) {
        return "Too many attempts. Try again in {unit, select, "
               "seconds {{count, plural, one {# second} other {# seconds}}} "
               "minutes {{count, plural, one {# minute} other {# minutes}}} "
               "other {{count, plural, one {# hour} other {# hours}}}}"_text.with("unit", std::string{unit})
                   .with("count", count);
    };
    EXPECT_EQ(to_text(wait(1, "minutes")), "Too many attempts. Try again in 1 minute");
    EXPECT_EQ(to_text(wait(45, "seconds"), de), "Zu viele Versuche. Versuch es in 45 Sekunden noch einmal");
    EXPECT_EQ(to_text("\"{title}\" ({id}) is sold out"_text.with("title", "It's {x}").with("id", "7"), de),
              "„It's {x}“ (7) ist ausverkauft");
}

TEST(MessageText, leaves_other_texts_as_they_are) {
    EXPECT_EQ(to_text(Message::as_is("Not found"), de), "Not found");
    EXPECT_EQ(to_text(Message::as_is("{x"), de), "{x");
    EXPECT_EQ(to_text(Message::stored("Not found"), de), "Nicht gefunden");
    EXPECT_EQ(to_text(Message::stored("The bank's own words"), de), "The bank's own words");
}

TEST(MessageText, goes_on_after_the_name_of_its_field) {
    EXPECT_TRUE(is_predicate("must not be empty"_text));
    EXPECT_FALSE(is_predicate("Not found"_text));
    EXPECT_EQ(with_subject(field_name("title", de), to_text("must not be empty"_text, de), de),
              "Titel darf nicht leer sein");
    EXPECT_EQ(with_subject(field_name("title", fr), to_text("must not be empty"_text, fr), fr),
              "Titre\u00A0: ne doit pas être vide");
    EXPECT_EQ(field_name("someNewField", de), "„someNewField“");
}

}  // namespace
}  // namespace stagedoor::language
