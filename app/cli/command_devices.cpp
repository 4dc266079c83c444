// kinglet-cli devices: what models can be computed on here.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/cli.h"
#include "app/cli/options.h"
#include "app/cli/terminal.h"
#include "inference/engine/engine.h"

namespace kinglet::cli {
namespace {

void print_for_people(const engine::GraphicsDevices& list) {
    if (list.devices.empty()) {
        fmt::print("No graphics device. {}\nModels are computed by the processor.\n", list.why_none);
        return;
    }
    for (const engine::GraphicsDevice& device : list.devices) {
        fmt::print("{}  {} ({})\n", device.number, without_controls(device.name), device.kind);
        fmt::print(
            "   Memory    {}{}\n", size_text(device.memory_bytes),
            device.tells_free ? fmt::format(", {} free", size_text(device.free_bytes)) : std::string());
        fmt::print("   Driver    {}, Vulkan {}\n", without_controls(device.driver), device.vulkan);
        fmt::print("   Features  {}\n",
                   device.features.empty() ? "none" : fmt::format("{}", fmt::join(device.features, ", ")));
        if (device.is_processor) fmt::print("   Used only where --device vulkan asks for it\n");
    }
}

nlohmann::ordered_json as_json(const engine::GraphicsDevices& list) {
    nlohmann::ordered_json devices = nlohmann::ordered_json::array();
    for (const engine::GraphicsDevice& device : list.devices) {
        devices.push_back(
            {{"number", device.number},
             {"name", device.name},
             {"kind", device.kind},
             {"is_processor", device.is_processor},
             {"memory_bytes", device.memory_bytes},
             {"free_bytes", device.tells_free ? nlohmann::ordered_json(device.free_bytes) : nullptr},
             {"driver", device.driver},
             {"vulkan", device.vulkan},
             {"features", device.features}});
    }
    nlohmann::ordered_json json{{"devices", std::move(devices)}};
    if (!list.why_none.empty()) json["why_none"] = list.why_none;
    return json;
}

}  // namespace

void add_devices_command(CLI::App& app, int& status) {
    auto json = std::make_shared<bool>(false);
    CLI::App* command = app.add_subcommand("devices", "List the graphics devices that can compute models");
    command->add_flag("--json", *json, "Print JSON");
    command->footer(
        "The number before a name is what --gpu takes. Without --gpu the first device that has room for the "
        "model is used.\n"
        "Examples:\n"
        "  kinglet-cli devices\n"
        "  kinglet-cli run model.gguf \"Why is the sky blue?\" --device vulkan --gpu 1 --gpu-layers 20");
    command->callback([json, &status] {
        const engine::GraphicsDevices list = engine::graphics_devices();
        if (*json) {
            std::puts(json_text(as_json(list), 2).c_str());
        } else {
            print_for_people(list);
        }
        status = exit_ok;
    });
}

}  // namespace kinglet::cli
