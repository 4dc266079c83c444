// From what a person asks for to the files to fetch.
#pragma once

#include <string>

#include "app/cli/library/environment.h"
#include "library/catalogue.h"
#include "library/hub.h"
#include "library/hub_client.h"
#include "storage/download_store.h"

namespace kinglet::cli {

struct PullChoice {
    std::string what;          ///< id of the catalogue, owner/name, owner/name/file.gguf or an address
    std::string quantization;  ///< empty: the first of the catalogue, Q4_K_M or what there is
    std::string revision;
    bool accept_terms = false;
};

/// What is to be fetched for it; asks the hub where the catalogue does not know. Errors: invalid_argument
/// where it names nothing, or the model's terms were not accepted; those of the hub; cancelled.
Result<storage::DownloadRecord> plan_pull(LibraryEnvironment& environment, const library::Hub& hub,
                                          const PullChoice& choice);

/// The folder of a checkpoint that is being fetched, to be converted; empty for a GGUF model.
QString checkpoint_folder(const storage::DownloadRecord& record);

}  // namespace kinglet::cli
