namespace Tidemark.Protocol.Frames;

/// <summary>Client: more may be delivered and not answered than hello said. (An answer gives back the credit of its delivery by
/// itself.)</summary>
/// <param name="CreditEvents">So many events more.</param>
/// <param name="CreditBytes">So many bytes more.</param>
public sealed record CreditFrame(int CreditEvents, long CreditBytes) : Frame;
