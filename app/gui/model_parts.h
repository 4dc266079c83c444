// The files of one model. All of it asks the disk: not for the window's thread.
#pragma once

#include <QFileInfo>
#include <QStringList>

namespace kinglet::gui {

/// The file and, of a model in several parts (NAME-00001-of-00003.gguf), the others that are there, in order.
QStringList filesOfModel(const QString& path);

/// Whether it is a part other than the first of a model whose first part lies beside it.
bool isLaterPart(const QFileInfo& file);

/// How a model's files stand: what is known of them holds as long as this stays the same.
struct ModelFilesState {
    qint64 bytes = 0;       ///< of all parts
    qint64 modifiedMs = 0;  ///< of the part changed last, since the epoch
};
ModelFilesState stateOfModel(const QString& path);

}  // namespace kinglet::gui
