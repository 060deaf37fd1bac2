using Microsoft.Extensions.Logging;

namespace Tidemark.HighWater;

internal sealed partial class HighWaterAgent
{
    [LoggerMessage(EventId = 1101, Level = LogLevel.Warning, Message = "The high-water mark cannot be read; trying again until it can.")]
    private partial void LogAway(Exception error);

    [LoggerMessage(EventId = 1102, Level = LogLevel.Information, Message = "The high-water mark can be read again.")]
    private partial void LogBack();

    [LoggerMessage(EventId = 1103, Level = LogLevel.Warning, Message = "The channel for wake-up hints broke; polling until it is open " +
        "again.")]
    private partial void LogChannelBroken(Exception error);

    [LoggerMessage(EventId = 1104, Level = LogLevel.Debug, Message = "A wake-up hint was not sent; other processes find the events by " +
        "polling.")]
    private partial void LogHintNotSent(Exception error);

    [LoggerMessage(EventId = 1105, Level = LogLevel.Debug, Message = "A hint about leases was not sent; other processes see the change " +
        "at their next tick.")]
    private partial void LogLeasesHintNotSent(Exception error);
}
