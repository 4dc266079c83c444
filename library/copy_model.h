// A model's files from elsewhere into the models folder.
#pragma once

#include <QStringList>
#include <functional>

#include "library/problem.h"

namespace kinglet::library {

/// Copies files to targets (as many, in the same order) by way of NAME.part beside each: synced, then all
/// renamed, the first one last, by which a model is found. Blocks. `progress` hears bytes done and in all;
/// `stop` is asked between reads. False where it was stopped. Whatever it does not finish, it takes away
/// again; a target that is there already is a Problem.
Outcome<bool> copyModel(const QStringList& files, const QStringList& targets,
                        const std::function<void(qint64, qint64)>& progress,
                        const std::function<bool()>& stop);

}  // namespace kinglet::library
