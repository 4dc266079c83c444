#include <fcntl.h>
#include <io.h>
#include <windows.h>
// After windows.h, whose types it needs.
#include <shellapi.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <streambuf>

#include "app/cli/cli.h"
#include "app/cli/terminal.h"

namespace kinglet::cli {
namespace {

std::string utf8(const wchar_t* text, int count) {
    const int size = WideCharToMultiByte(CP_UTF8, 0, text, count, nullptr, 0, nullptr, nullptr);
    std::string out(static_cast<std::size_t>(size), '\0');
    WideCharToMultiByte(CP_UTF8, 0, text, count, out.data(), size, nullptr, nullptr);
    return out;
}

/// What a person types, in UTF-8: the C library's way through code pages loses letters. Ctrl+Z at the
/// beginning of a line ends it.
class ConsoleInput : public std::streambuf {
  protected:
    int_type underflow() override {
        wchar_t typed[1024];
        DWORD count = 0;
        if (!ReadConsoleW(GetStdHandle(STD_INPUT_HANDLE), typed, 1023, &count, nullptr) || count == 0 ||
            typed[0] == 0x1A)
            return traits_type::eof();
        // The other half of a character beyond U+FFFF.
        DWORD more = 0;
        if (typed[count - 1] >= 0xD800 && typed[count - 1] < 0xDC00 &&
            ReadConsoleW(GetStdHandle(STD_INPUT_HANDLE), typed + count, 1, &more, nullptr))
            count += more;
        bytes_ = utf8(typed, static_cast<int>(count));
        setg(bytes_.data(), bytes_.data(), bytes_.data() + bytes_.size());
        return traits_type::to_int_type(bytes_.front());
    }

  private:
    std::string bytes_;
};

/// Runs in a thread of its own, which Windows starts.
BOOL WINAPI on_control(DWORD event) {
    if (event != CTRL_C_EVENT) return FALSE;
    if (stop_guarded()) return TRUE;
    if (stderr_is_terminal()) std::fputc('\n', stderr);
    std::_Exit(exit_interrupted);
}

bool is_console(DWORD number) {
    DWORD mode = 0;
    return GetConsoleMode(GetStdHandle(number), &mode) != 0;
}

}  // namespace

std::vector<std::string> utf8_arguments(int argc, char** argv) {
    int count = 0;
    wchar_t** const wide = CommandLineToArgvW(GetCommandLineW(), &count);
    if (wide == nullptr) return {argv, argv + argc};
    std::vector<std::string> arguments;
    for (int i = 0; i < count; ++i) {
        arguments.push_back(utf8(wide[i], -1));
        arguments.back().pop_back();  // the zero, which -1 counts in
    }
    LocalFree(wide);
    return arguments;
}

void prepare_streams() {
    _setmode(_fileno(stdout), _O_BINARY);
    if (stdin_is_terminal()) {
        static ConsoleInput input;
        std::cin.rdbuf(&input);
    }
    for (const DWORD number : {STD_OUTPUT_HANDLE, STD_ERROR_HANDLE}) {
        DWORD mode = 0;
        if (!GetConsoleMode(GetStdHandle(number), &mode)) continue;
        // The console keeps the code page when the program ends, so what it was is put back.
        static const UINT before = GetConsoleOutputCP();
        if (GetConsoleOutputCP() != CP_UTF8 && SetConsoleOutputCP(CP_UTF8))
            std::atexit([] { SetConsoleOutputCP(before); });
        SetConsoleMode(GetStdHandle(number), mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
    }
}

bool stdin_is_terminal() {
    return is_console(STD_INPUT_HANDLE);
}
bool stdout_is_terminal() {
    return is_console(STD_OUTPUT_HANDLE);
}
bool stderr_is_terminal() {
    return is_console(STD_ERROR_HANDLE);
}

void install_interrupt_handler() {
    SetConsoleCtrlHandler(on_control, TRUE);
}

}  // namespace kinglet::cli
