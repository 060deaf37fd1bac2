using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Tidemark.Events;
using Tidemark.Log;

namespace Tidemark.Projections;

/// <summary>
/// The side effects of a shard since the last commit. Everything in them follows from the event that caused them, so that raising them
/// again gives the same ids.
/// </summary>
internal sealed class SideEffectSink(SideEffectParts parts)
{
    private readonly List<RaisedAppend> _appends = [];
    private readonly List<OutboxMessage> _messages = [];
    private readonly Dictionary<string, (Position Position, int Next)> _ordinals = new(StringComparer.Ordinal);

    public SideEffectParts Parts { get; } = parts;

    /// <summary>The projection whose shard this is.</summary>
    public string Owner { get; set; } = "";

    /// <summary>Only events after this raise side effects; those up to it have raised them elsewhere, or never shall.</summary>
    public Position RaisesAfter { get; set; } = Position.Max;

    public IReadOnlyList<RaisedAppend> Appends => _appends;

    public IReadOnlyList<OutboxMessage> Messages => _messages;

    public long Bytes { get; private set; }

    /// <summary>Takes what an event caused.</summary>
    public void Raise(string projection, RecordedEvent cause, IEnumerable<SideEffect> effects)
    {
        foreach (var effect in effects)
        {
            if (effect is AppendEffect append)
                Append(projection, cause, append);
            else
                Publish(projection, cause, (MessageEffect)effect);
        }
    }

    public void Clear()
    {
        _appends.Clear();
        _messages.Clear();
        _ordinals.Clear();
        Bytes = 0;
    }

    private void Append(string projection, RecordedEvent cause, AppendEffect effect)
    {
        var metadata = new EventMetadata { CausationId = cause.Id.ToString(), CorrelationId = cause.Metadata.CorrelationId };
        object[] events = [.. effect.Events.Select(e => new NewEvent(e) { Id = NextId(projection, cause, out _), Metadata = metadata })];
        var append = Parts.Encoder.Encode(cause.Tenant, new StreamEvents(effect.Stream, ExpectedVersion.Any, events), null);
        _appends.Add(new RaisedAppend(projection, cause, append));
        Bytes += append.Events.Sum(e => e.Bytes);
    }

    private void Publish(string projection, RecordedEvent cause, MessageEffect effect)
    {
        if (Parts.Publisher is null)
            throw new InvalidOperationException(
                "A message was raised, but nobody publishes messages. Register a publisher with UseOutbox.");
        var json = JsonSerializer.SerializeToUtf8Bytes(effect.Message, Parts.Json.GetTypeInfo(effect.Message.GetType()));
        var id = NextId(projection, cause, out var ordinal);
        _messages.Add(new OutboxMessage(id, Owner, cause.Id, cause.Position, ordinal, cause.Tenant, cause.Slot, effect.Name, json));
        Bytes += json.Length;
    }

    private Guid NextId(string projection, RecordedEvent cause, out int ordinal)
    {
        var last = _ordinals.GetValueOrDefault(projection);
        ordinal = last.Position == cause.Position ? last.Next : 0;
        _ordinals[projection] = (cause.Position, ordinal + 1);
        return IdOf(projection, cause.Id, ordinal);
    }

    /// <summary>A version 8 UUID from the SHA-256 of projection, causing event and ordinal. Stored: it never changes.</summary>
    internal static Guid IdOf(string projection, Guid cause, int ordinal)
    {
        var name = Encoding.UTF8.GetBytes(projection);
        Span<byte> input = stackalloc byte[name.Length + 20];
        name.CopyTo(input);
        cause.TryWriteBytes(input[name.Length..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(input[^4..], ordinal);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input, hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}

/// <summary>An append that an event caused.</summary>
internal readonly record struct RaisedAppend(string Projection, RecordedEvent Cause, StreamAppend Append);
