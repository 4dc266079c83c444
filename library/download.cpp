#include "library/download.h"

#include <QFileInfo>
#include <algorithm>

#include "library/rate_limiter.h"

namespace kinglet::library {

namespace {

constexpr qint64 chunkBytes = 1 << 20;
constexpr qint64 mostBacklog = 16 << 20;
constexpr int pumpMs = 20;
constexpr int longestRetryMs = 60000;

}  // namespace

Download::Download(storage::DownloadFile file, const Hub& hub, QNetworkAccessManager& network,
                   RateLimiter& limiter, const DownloadOptions& options, QObject* parent)
    : QObject(parent),
      m_file(std::move(file)),
      m_hub(hub),
      m_network(network),
      m_limiter(limiter),
      m_options(options),
      m_part(std::make_shared<PartFile>(m_file.target, options.part)) {
    m_pumpTimer.setSingleShot(true);
    m_pumpTimer.setInterval(pumpMs);
    m_retryTimer.setSingleShot(true);
    m_noteTimer.setInterval(m_options.noteMs);
    connect(&m_pumpTimer, &QTimer::timeout, this, &Download::pump);
    connect(&m_retryTimer, &QTimer::timeout, this, &Download::request);
    connect(&m_noteTimer, &QTimer::timeout, this, &Download::note);
}

Download::~Download() {
    if (m_stop) m_stop->store(true);
}

QString Download::name() const {
    return QFileInfo(m_file.target).fileName();
}

/// Runs `job` on the worker; what it answers is called here, unless something newer began meanwhile.
void Download::inWorker(std::function<std::function<void()>(PartFile&, const Stop&)> job) {
    m_worker.post([this, job = std::move(job), part = m_part, stop = m_stop, generation = m_generation] {
        auto answer = job(*part, stop);
        m_worker.reply([this, answer = std::move(answer), generation] {
            if (generation == m_generation) answer();
        });
    });
}

void Download::start() {
    if (m_running) return;
    m_running = true;
    ++m_generation;
    m_stop = std::make_shared<std::atomic<bool>>(false);
    m_attempt = 0;
    m_backlog = 0;
    m_repaired = false;
    m_total = m_file.bytes;
    prepare();
}

void Download::prepare() {
    inWorker([this, pieces = m_file.pieces, total = m_total](PartFile& part, const Stop& stop) {
        auto found = part.prepare(pieces, total, [&stop] { return stop->load(); });
        if (const auto* prepared = std::get_if<PreparedPart>(&found)) {
            if (auto full = part.checkRoom(std::max<qint64>(0, total - prepared->present))) found = *full;
        }
        return [this, found] {
            if (const auto* problem = std::get_if<Problem>(&found)) return fail(*problem);
            onPrepared(std::get<PreparedPart>(found));
        };
    });
}

void Download::onPrepared(const PreparedPart& found) {
    m_received = found.present;
    m_todo = found.bad;
    for (const ByteRange& range : found.bad) m_received -= range.end - range.begin;
    m_doubtful = found.doubtful;
    if (m_total == 0 || found.present < m_total)
        m_todo << ByteRange{found.present, m_total > 0 ? m_total : -1};
    m_noteTimer.start();
    emit progressed();
    nextRange();
}

void Download::nextRange() {
    if (m_todo.isEmpty()) return check();
    m_range = m_todo.takeFirst();
    m_position = m_range.begin;
    request();
}

QByteArray Download::validator() const {
    return (m_file.etag.isEmpty() ? m_file.lastModified : m_file.etag).toLatin1();
}

void Download::request() {
    const QString revision = m_file.revisionFound.isEmpty() ? m_file.revision : m_file.revisionFound;
    FetchRequest wanted;
    wanted.url = m_file.repository.isEmpty() ? QUrl(m_file.path, QUrl::StrictMode)
                                             : m_hub.fileUrl(m_file.repository, revision, m_file.path);
    wanted.file = name();
    // The last range is asked for without an end: a server that knows of more bytes than we do shall say so.
    const bool isTail = m_range.end < 0 || m_range.end == m_total;
    wanted.range = {m_position, isTail ? -1 : m_range.end};
    wanted.validator = validator();
    wanted.sha256 = m_file.sha256;
    wanted.bytes = m_file.bytes;
    wanted.stallMs = m_options.stallMs;
    m_gained = 0;
    dropFetch();
    m_fetch = std::make_unique<Fetch>(m_network, m_hub, wanted, nullptr);
    connect(m_fetch.get(), &Fetch::answered, this, &Download::onAnswered);
    connect(m_fetch.get(), &Fetch::readyRead, this, &Download::pump);
    connect(m_fetch.get(), &Fetch::ended, this, &Download::pump);
    m_fetch->start();
}

void Download::dropFetch() {
    m_pumpTimer.stop();
    m_retryTimer.stop();
    if (!m_fetch) return;
    m_fetch->disconnect(this);
    m_fetch->setParent(this);
    m_fetch.release()->deleteLater();  // it may be what called us
}

/// What makes the answer useless, if anything: it speaks of another file than the catalogue.
std::optional<Problem> Download::contradiction(const FetchAnswer& answer) const {
    const QString host = m_hub.host();
    const bool otherSum =
        !m_file.sha256.isEmpty() && !answer.linkedSha256.isEmpty() && m_file.sha256 != answer.linkedSha256;
    if (otherSum) return problemOf(Fault::FileChanged, name(), host);
    for (const qint64 said : {answer.total, answer.linkedSize}) {
        if (said < 0) continue;
        const bool otherLength = (m_file.bytes > 0 && said != m_file.bytes) ||
                                 (answer.linkedSize >= 0 && said != answer.linkedSize);
        if (otherLength)
            return problemOf(Fault::WrongLength, name(), host,
                             QStringLiteral("%1 bytes, expected %2")
                                 .arg(said)
                                 .arg(m_file.bytes > 0 ? m_file.bytes : answer.linkedSize));
    }
    return {};
}

/// Whether the hub has replaced the file since we began with it.
bool Download::isAnotherFile(const FetchAnswer& answer) const {
    const bool otherSum = !m_file.linkedSha256.isEmpty() && !answer.linkedSha256.isEmpty() &&
                          m_file.linkedSha256 != answer.linkedSha256;
    return otherSum || (m_file.bytes == 0 && m_total > 0 && answer.total >= 0 && answer.total != m_total);
}

void Download::takeNotes(const FetchAnswer& answer) {
    if (!answer.linkedSha256.isEmpty()) m_file.linkedSha256 = answer.linkedSha256;
    if (!answer.commit.isEmpty()) m_file.revisionFound = answer.commit;
    m_file.etag = QString::fromLatin1(answer.etag);
    m_file.lastModified = QString::fromLatin1(answer.lastModified);
    if (answer.total >= 0) m_total = answer.total;
    if (m_total == 0 && answer.linkedSize > 0) m_total = answer.linkedSize;
    emit noted();
}

void Download::onAnswered(const FetchAnswer& answer) {
    if (const auto problem = contradiction(answer)) return fail(*problem);
    const bool wasRanged =
        m_range.begin > 0 || m_position > 0 || (m_range.end >= 0 && m_range.end != m_total);
    if (answer.whole) {
        if (wasRanged || m_received > 0) restartFile();
        takeNotes(answer);
        m_todo.clear();
        m_range = {0, m_total > 0 ? m_total : -1};
        m_position = 0;
        emit progressed();
        return;
    }
    const qint64 wantedEnd = m_range.end;
    const bool rightRange =
        wasRanged && answer.first == m_position && (wantedEnd < 0 || answer.end <= wantedEnd);
    if (!rightRange) return startOver(problemOf(Fault::WrongRange, name(), m_hub.host()));
    if (isAnotherFile(answer)) {
        m_file.linkedSha256.clear();
        m_total = m_file.bytes;
        return startOver(problemOf(Fault::FileChanged, name(), m_hub.host()));
    }
    takeNotes(answer);
    if (m_range.end < 0) m_range.end = m_total > 0 ? m_total : -1;
}

/// Forgets the bytes that are there; what the next answer brings is written from the first byte on.
void Download::restartFile() {
    ++m_startedOver;
    m_received = 0;
    m_doubtful = {0, 0};
    m_file.pieces.clear();
    m_file.received = 0;
    inWorker([this](PartFile& part, const Stop&) -> std::function<void()> {
        const auto problem = part.restart();
        return [this, problem] {
            if (problem) fail(*problem);
        };
    });
}

/// Asks for the whole file, once; where that has been done before it gives up with the problem.
void Download::startOver(const Problem& problem) {
    if (m_startedOver > 0) return fail(problem);
    restartFile();
    m_file.etag.clear();
    m_file.lastModified.clear();
    m_todo.clear();
    m_range = {0, m_total > 0 ? m_total : -1};
    m_position = 0;
    request();
}

void Download::pump() {
    if (!m_running || !m_fetch) return;
    while (m_backlog < mostBacklog && m_fetch->bytesAvailable() > 0) {
        const qint64 allowed = m_limiter.take(std::min(chunkBytes, m_fetch->bytesAvailable()));
        if (allowed == 0) {
            m_pumpTimer.start();
            return;
        }
        const QByteArray data = m_fetch->read(allowed);
        if (data.isEmpty()) break;
        if (m_range.end >= 0 && m_position + data.size() > m_range.end)
            return fail(problemOf(Fault::WrongLength, name(), m_hub.host(),
                                  QStringLiteral("more bytes than announced")));
        m_backlog += data.size();
        inWorker([this, data, at = m_position](PartFile& part, const Stop&) {
            const auto problem = part.write(at, data);
            return [this, problem, size = data.size()] { onWritten(size, problem); };
        });
        m_position += data.size();
        m_gained += data.size();
    }
    if (!m_fetch->isRunning() && m_fetch->bytesAvailable() == 0 && m_backlog == 0) rangeEnded();
}

void Download::onWritten(qint64 bytes, const std::optional<Problem>& problem) {
    m_backlog -= bytes;
    if (problem) return fail(*problem);
    m_received += bytes;
    emit progressed();
    pump();
}

void Download::rangeEnded() {
    const auto problem = m_fetch->problem();
    const auto seconds = m_fetch->secondsToWait();
    const auto refusedTotal = m_fetch->refusedTotal();
    const QString linkedSha256 = m_fetch->answer().linkedSha256;
    dropFetch();
    if (problem && problem->fault == Fault::RangeRefused) {
        if (refusedTotal != m_position) return startOver(*problem);
        m_total = m_position;  // there is nothing behind what we have
        if (!linkedSha256.isEmpty()) m_file.linkedSha256 = linkedSha256;
        return nextRange();
    }
    if (problem && problem->fault == Fault::WrongRange) return startOver(*problem);
    if (problem) return problem->passing ? retryLater(*problem, seconds) : fail(*problem);
    if (m_range.end >= 0 && m_position < m_range.end)
        return retryLater(problemOf(Fault::EndedEarly, name(), m_hub.host()), seconds);
    if (m_total == 0) m_total = m_position;
    nextRange();
}

void Download::retryLater(const Problem& problem, std::optional<int> seconds) {
    if (m_gained > 0) m_attempt = 0;
    if (m_attempt >= m_options.attempts) return fail(problem);
    const int doubled = m_options.retryMs << std::min(m_attempt, 16);
    const int pause = std::max(std::min(doubled, longestRetryMs), seconds.value_or(0) * 1000);
    ++m_attempt;
    emit waiting(pause, problem);
    m_retryTimer.start(pause);
}

void Download::check() {
    emit checking();
    inWorker([this](PartFile& part, const Stop& stop) {
        const auto hashed = part.finish([&stop] { return stop->load(); });
        return [this, hashed] {
            if (const auto* problem = std::get_if<Problem>(&hashed)) return fail(*problem);
            onHashed(std::get<QString>(hashed));
        };
    });
}

void Download::onHashed(const QString& sha256) {
    const QString expected = m_file.sha256.isEmpty() ? m_file.linkedSha256 : m_file.sha256;
    if (!expected.isEmpty() && sha256 != expected) return repair();
    m_running = false;
    m_noteTimer.stop();
    m_file.received = m_received;
    emit noted();
    emit checked();
}

/// The checksum is wrong: what a disk, a power cut or an earlier session may have spoilt is fetched again,
/// once.
void Download::repair() {
    const Problem wrong = problemOf(Fault::ChecksumMismatch, name(), m_hub.host());
    if (m_repaired) return fail(wrong);
    m_repaired = true;
    inWorker([this, wrong, doubtful = m_doubtful, total = m_total](PartFile& part, const Stop& stop) {
        const auto found = part.prepare(part.pieces(), total, [&stop] { return stop->load(); });
        return [this, wrong, doubtful, found] {
            if (const auto* problem = std::get_if<Problem>(&found)) return fail(*problem);
            QList<ByteRange> again = std::get<PreparedPart>(found).bad;
            if (doubtful.begin < doubtful.end) again << doubtful;
            if (again.isEmpty()) return fail(wrong);
            m_todo = again;
            for (const ByteRange& range : again) m_received -= range.end - range.begin;
            nextRange();
        };
    });
}

void Download::note() {
    inWorker([this](PartFile& part, const Stop&) {
        return [this, pieces = part.pieces()] {
            if (!m_running || (m_file.pieces == pieces && m_file.received == m_received)) return;
            m_file.pieces = pieces;
            m_file.received = m_received;
            emit noted();
        };
    });
}

void Download::stop() {
    if (m_stop) m_stop->store(true);
    m_running = false;
    m_noteTimer.stop();
    dropFetch();
    closeThen([this] { emit stopped(); });
}

/// Closes the file and brings file() up to date before `call`.
void Download::closeThen(std::function<void()> call) {
    ++m_generation;
    inWorker([this, call = std::move(call)](PartFile& part, const Stop&) -> std::function<void()> {
        const QByteArray pieces = part.pieces();
        part.close();
        return [this, pieces, call] {
            m_file.pieces = pieces;
            m_file.received = m_received;
            emit noted();
            call();
        };
    });
}

void Download::fail(const Problem& problem) {
    if (!m_running) return;
    m_running = false;
    m_noteTimer.stop();
    dropFetch();
    closeThen([this, problem] { emit failed(problem); });
}

}  // namespace kinglet::library
