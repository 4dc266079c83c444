// Template text to tokens, with the white-space rules that Hugging Face sets: trim_blocks and lstrip_blocks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kinglet::chat::jinja {

struct Token {
    enum class Kind {
        data,            ///< text to print as it is
        variable_begin,  ///< {{
        variable_end,
        block_begin,  ///< {%
        block_end,
        name,
        string,  ///< escapes resolved
        integer,
        real,
        punctuation,  ///< an operator, spelled in `text`
        end,
    };
    Kind kind = Kind::end;
    std::string text;
    int line = 1;
};

/// All tokens, the last one `end`. Raises Failure where the text is no template; `line` tells where.
std::vector<Token> tokenize(std::string_view source, int& line);

}  // namespace kinglet::chat::jinja
