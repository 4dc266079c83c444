// Where layers are put, and the file that keeps compiled pipelines. Needs no device.
#include <QtTest>

#include <cstring>

#include "inference/vulkan/pipeline_file.h"
#include "inference/vulkan/placement.h"
#include "tests/support/files.h"

using namespace kinglet;
using vulkan::DeviceAbility;
using vulkan::DeviceInfo;
using vulkan::DeviceKind;

namespace {

constexpr std::uint64_t gigabyte = 1 << 30;
constexpr DeviceAbility large{4 * gigabyte, 4 * gigabyte, 8 * gigabyte};

/// Layers of one square matrix of 64 MB, whose bytes nobody reads.
arch::Description model_of(int layers) {
    static const std::byte nothing{};
    arch::Description model;
    model.width = 4096;
    model.vocabulary_size = 100;
    model.layers.resize(static_cast<std::size_t>(layers));
    for (int i = 0; i < layers; ++i) {
        arch::Layer& layer = model.layers[static_cast<std::size_t>(i)];
        layer.attention.heads = layer.attention.kv_heads = 1;
        layer.attention.key_size = layer.attention.value_size = 64;
        layer.attention.kv_layer = i;
        layer.attention.output.weight = {&nothing, DType::f32, {4096, 4096, 1, 1}, nullptr};
    }
    return model;
}

vulkan::Placement placed(const arch::Description& model, const DeviceAbility& device, int wanted = -1) {
    return vulkan::place(model, device, wanted, 512, 16, DType::f16);
}

DeviceInfo device(int number, DeviceKind kind, std::uint64_t free) {
    DeviceInfo info;
    info.number = number;
    info.kind = kind;
    info.free_bytes = free;
    return info;
}

vk::PhysicalDeviceProperties driver(std::uint32_t version) {
    vk::PhysicalDeviceProperties properties;
    properties.vendorID = 1;
    properties.deviceID = 2;
    properties.driverVersion = version;
    return properties;
}

}  // namespace

class TestVulkanPlacement : public QObject {
    Q_OBJECT

  private slots:
    void all_that_fits() {
        const arch::Description model = model_of(10);
        QCOMPARE(placed(model, large).first_layer, 0);
        QVERIFY(placed(model, large).remark.empty());
        QCOMPARE(placed(model, large, 3).first_layer, 7);
        QCOMPARE(placed(model, large, 0).first_layer, 10);
        DeviceAbility small = large;
        small.free_bytes = 400 << 20;
        const vulkan::Placement some = placed(model, small);
        QVERIFY(some.first_layer > 3 && some.first_layer < 10);
        QVERIFY2(some.remark.find("its free memory, 400 MB, holds") != std::string::npos,
                 some.remark.c_str());
        QVERIFY(some.weight_bytes < small.free_bytes);
        small.free_bytes = 10 << 20;
        QCOMPARE(placed(model, small).first_layer, 10);
        QCOMPARE(placed(model, small).weight_bytes, std::uint64_t{0});
    }

    void layers_that_cannot_be_computed_there() {
        arch::Description model = model_of(6);
        model.layers[2].attention.value_size = 63;
        const vulkan::Placement placement = placed(model, large);
        QCOMPARE(placement.first_layer, 3);
        QVERIFY2(placement.remark.find("odd sizes") != std::string::npos, placement.remark.c_str());
        DeviceAbility narrow = large;
        narrow.allocation_bytes = 32 << 20;
        QCOMPARE(placed(model_of(2), narrow).first_layer, 2);
    }

    void layers_stay_with_the_keys_they_use() {
        arch::Description model = model_of(6);
        model.layers[4].attention.kv_layer = 1;
        QCOMPARE(placed(model, large, 3).first_layer, 5);
        QCOMPARE(placed(model, large, 5).first_layer, 1);
    }

    void which_device() {
        const DeviceInfo card = device(0, DeviceKind::discrete, 2 * gigabyte);
        const DeviceInfo other = device(1, DeviceKind::discrete, 8 * gigabyte);
        const DeviceInfo shared = device(2, DeviceKind::integrated, 16 * gigabyte);
        const DeviceInfo lavapipe = device(3, DeviceKind::processor, 16 * gigabyte);
        QCOMPARE(vulkan::choose_device(std::vector{card, other, shared}, gigabyte), 0);
        QCOMPARE(vulkan::choose_device(std::vector{card, other, shared}, 3 * gigabyte), 1);
        QCOMPARE(vulkan::choose_device(std::vector{card, shared}, 3 * gigabyte), 0);  // more than half
        QCOMPARE(vulkan::choose_device(std::vector{card, shared, lavapipe}, 6 * gigabyte), -1);
        QCOMPARE(vulkan::choose_device({}, gigabyte), -1);
    }

    void pipelines_come_back_as_they_were_or_not_at_all() {
        const test::TemporaryFolder folder;
        const auto file = folder / "sub" / vulkan::pipeline_file_name(driver(7));
        const std::vector<std::byte> data(1003, std::byte{42});
        QVERIFY(vulkan::read_pipeline_file(file, driver(7)).empty());
        QVERIFY(vulkan::write_pipeline_file(file, driver(7), data));
        QVERIFY(vulkan::read_pipeline_file(file, driver(7)) == data);
        QVERIFY(vulkan::read_pipeline_file(file, driver(8)).empty());
        QVERIFY(vulkan::pipeline_file_name(driver(7)) != vulkan::pipeline_file_name(driver(8)));

        const std::string whole = test::read_file(file);
        for (std::size_t at = 0; at < whole.size(); ++at) {
            std::string damaged = whole;
            damaged[at] = static_cast<char>(damaged[at] ^ 4);
            test::write_file(file, damaged);
            QVERIFY2(vulkan::read_pipeline_file(file, driver(7)).empty(),
                     qPrintable(QString("byte %1").arg(at)));
        }
        for (const std::size_t length : {std::size_t{0}, std::size_t{3}, std::size_t{64}, whole.size() - 1}) {
            test::write_file(file, whole.substr(0, length));
            QVERIFY(vulkan::read_pipeline_file(file, driver(7)).empty());
        }
        test::write_file(file, whole + "x");
        QVERIFY(vulkan::read_pipeline_file(file, driver(7)).empty());
    }
};

QTEST_GUILESS_MAIN(TestVulkanPlacement)

#include "tst_vulkan_placement.moc"
