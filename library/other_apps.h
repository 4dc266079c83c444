// Models that other programs have fetched already.
#pragma once

#include <QList>
#include <QString>
#include <QStringList>
#include <functional>

namespace kinglet::library {

/// A GGUF file in the folder of another program.
struct ForeignModel {
    QString app;   ///< "Hugging Face", "Ollama", "LM Studio", "GPT4All"
    QString name;  ///< as that program calls it
    QString path;
    qint64 bytes = 0;
};

/// Where to look. The defaults are those of the person who runs Kinglet; tests bring their own.
struct ForeignPlaces {
    QString home;
    std::function<QString(const char*)> environment;  ///< value of a variable; empty where it is not set
    QStringList ollama;                               ///< further folders of Ollama

    static ForeignPlaces own();
};

/// Looks through the usual folders of the programs above; of a model in several parts the first. Reads names
/// and Ollama's lists, opens no model; projectors (mmproj) and files too small to be one are left out.
/// Blocks, and gives up after 5000 files. `stop` is asked between folders.
QList<ForeignModel> findForeignModels(const ForeignPlaces& places, const std::function<bool()>& stop);

}  // namespace kinglet::library
